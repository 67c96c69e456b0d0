import { randomBytes } from 'node:crypto';
import type { Program } from '../../plan/launch-plan.ts';

const MAX_NAMES = 200;
const MAX_KEPT = 8_000;
const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,99}$/;

export interface ReadVariables {
  /** By the server's own code. */
  readonly own: string[];
  /** By packages that it depends on. */
  readonly dependencies: string[];
  /** It took all variables at once: which of them it used then cannot be seen. */
  readonly all: boolean;
}

/**
 * Runs in the sandbox before a Node server: says on stderr which variables are asked for. The server could hide from it, or
 * say others: it shows what an honest one reads.
 */
const hook = (mark: string, own: string): string => `
import { writeSync } from 'node:fs';
const real = process.env;
const told = new Set();
const tell = (name) => {
  if (typeof name !== 'string' || name in real || told.size >= 1000) return;
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 20;
  const frames = String(new Error().stack).split('\\n').filter((line) => /^ +at /.test(line) && !line.includes('data:text'));
  Error.stackTraceLimit = limit;
  const [frame = ''] = frames.filter((line) => !/\\(<anonymous>\\)/.test(line));
  if (frame === '' || frame.includes('node:')) return;
  const from = frame.lastIndexOf('/node_modules/');
  const kind = from < 0 || frame.startsWith(${JSON.stringify(`${own}/`)}, from + 14) ? 'own' : 'dependency';
  const line = ${JSON.stringify(mark)} + ' ' + kind + ' ' + name + '\\n';
  if (told.has(line)) return;
  told.add(line);
  try { writeSync(2, line); } catch {}
};
process.env = new Proxy(real, {
  get: (_, name) => (tell(name), real[name]),
  has: (_, name) => (tell(name), name in real),
  getOwnPropertyDescriptor: (_, name) => (tell(name), Reflect.getOwnPropertyDescriptor(real, name)),
  ownKeys: () => (tell('*'), Reflect.ownKeys(real)),
  set: (_, name, value) => ((real[name] = value), true),
});
`;

/** Listens to what a server writes to stderr, where it was started with `watched`. */
export class VariableWatch {
  readonly #mark = `variable-${randomBytes(8).toString('hex')}`;
  readonly #names = { own: new Set<string>(), dependency: new Set<string>() };
  #said = '';

  /** The program, with the hook in front; undefined where it is not started by Node. */
  watched({ image, code }: Program, own: string): Program | undefined {
    const [node, ...args] = code?.command ?? [];
    if (image !== undefined || code === undefined || node !== 'node') return undefined;
    const url = `data:text/javascript;base64,${Buffer.from(hook(this.#mark, own)).toString('base64')}`;
    return { image, code: { ...code, command: ['node', '--import', url, ...args] } };
  }

  /** A line that it wrote. */
  take(line: string): void {
    const [mark, kind = '', name = ''] = line.split(' ');
    if (mark !== this.#mark) {
      this.#said = `${this.#said}${line}\n`.slice(-MAX_KEPT);
    } else if ((kind === 'own' || kind === 'dependency') && (NAME.test(name) || name === '*')) {
      if (this.#names[kind].size < MAX_NAMES) this.#names[kind].add(name);
    }
  }

  /** The end of what the server itself said. */
  get said(): string {
    return this.#said;
  }

  get read(): ReadVariables {
    const { own, dependency } = this.#names;
    const named = (names: Set<string>) => [...names].filter((name) => name !== '*').sort();
    return {
      own: named(own),
      dependencies: named(dependency.difference(own)),
      all: own.has('*'),
    };
  }
}
