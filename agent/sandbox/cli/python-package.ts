import { normalized } from '../program/packages/python/markers.ts';

/** Whose Python runs a server under Docker, where nothing else is named. It has to be on the machine. */
export const PYTHON_IMAGE = 'python:3-slim';
export const isPython = (command: string): boolean => /^python3?$/.test(command);

/** A published Python package, as a command line names it. */
export interface PythonPackage {
  readonly name: string;
  /** Undefined for the newest. */
  readonly version: string | undefined;
  /** Its console script, where that has another name than the package. */
  readonly program: string | undefined;
  readonly args: string[];
}
type Read = PythonPackage | { readonly why: string };

/** What they are called with before the package, and their option for a package whose program has another name. */
const RUNNERS = new Map([
  ['uvx', { words: [], from: '--from' }],
  ['uv', { words: ['tool', 'run'], from: '--from' }],
  ['pipx', { words: ['run'], from: '--spec' }],
]);
export const isPythonRunner = (command: string): boolean => RUNNERS.has(command);

/** How it is fetched or what it prints: here another fetches it. */
const WITHOUT_EFFECT = /^(--|-q|--quiet|-n|--no-cache|--no-progress|--isolated|--refresh)$/;
const SPEC = /^([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?:(?:@|==)([0-9A-Za-z.!+-]{1,100}))?$/;
/** uvx takes them for Python itself. */
const PYTHON_ITSELF = /^(c?python|pypy)w?[\d.]*$/i;

/** Such as `mcp-server`, `mcp-server@1.2.3`, `mcp-server==1.2.3` or `mcp-server@latest`. */
export function readSpec(spec: string): Pick<PythonPackage, 'name' | 'version'> | { readonly why: string } {
  const [, name, version] = SPEC.exec(spec) ?? [];
  if (name === undefined)
    return { why: `${spec} is not a package with at most an exact version (no extras, ranges or addresses)` };
  return { name, version: version === 'latest' ? undefined : version };
}

/** The words of `uvx …`, `uv tool run …` or `pipx run …`; or why they are not understood. */
export function readRunner(runner: string, words: readonly string[]): Read {
  const { words: own, from } = RUNNERS.get(runner) ?? { words: [], from: '' };
  if (own.some((word, at) => words[at] !== word))
    return { why: `${runner} ${words[0] ?? ''} does not start a published package` };
  const rest = words.slice(own.length);
  let spec: string | undefined;
  while (rest[0]?.startsWith('-')) {
    const option = rest.shift() as string;
    if (WITHOUT_EFFECT.test(option)) continue;
    const [name = '', inline] = option.split(/=(.*)/s);
    if (name !== from || spec !== undefined) return { why: `its option ${name} is not supported` };
    spec = inline ?? rest.shift() ?? '';
  }
  const [first, ...args] = rest;
  if (first === undefined) return { why: 'it names no package' };
  if (PYTHON_ITSELF.test(first.replace(/@.*/, '')))
    return { why: `${first} is Python itself, not a package` };
  const read = readSpec(spec ?? first);
  if ('why' in read) return read;
  const program = spec === undefined || normalized(first) === normalized(read.name) ? undefined : first;
  return { ...read, program, args };
}
