import type { core, z } from 'zod';
import { NotConfigured } from '../foundation/errors.ts';

/** As many as a person reads at once. */
const SHOWN = 20;
const HINT = 'MANIFEST.md of the sandbox explains the fields of a manifest';

/** All that is wrong with a manifest, one or several, each naming its field and what is allowed there. */
export class WrongManifest extends NotConfigured {
  readonly mistakes: readonly string[];

  constructor(source: string, mistakes: readonly string[]) {
    const rest = mistakes.length - SHOWN;
    const lines = [...mistakes.slice(0, SHOWN), ...(rest > 0 ? [`and ${rest} more`] : [])];
    super(
      mistakes.length === 1
        ? `${source}: ${mistakes[0]}`
        : `${source} has ${mistakes.length} mistakes:\n${lines.map((line) => `  ${line}`).join('\n')}`,
      HINT,
    );
    this.mistakes = mistakes;
  }
}

/** Runs all checks, and throws what they threw: one as it is, several as one error. */
export function assertAll(manifest: string, checks: readonly (() => void)[]): void {
  const found: NotConfigured[] = [];
  for (const check of checks)
    try {
      check();
    } catch (error) {
      if (!(error instanceof NotConfigured)) throw error;
      found.push(error);
    }
  if (found.length === 1) throw found[0];
  if (found.length > 1)
    throw new WrongManifest(
      `manifest ${manifest}`,
      found.flatMap((error) => mistakesOf(error, manifest)),
    );
}

/** What an error says of a manifest, each with its hint, and without the manifest's name. */
export function mistakesOf(error: NotConfigured, manifest: string): readonly string[] {
  if (error instanceof WrongManifest) return error.mistakes;
  return [`${error.message.replace(`manifest ${manifest}: `, '')} (${error.hint})`];
}

/** The issues of zod in words. The parse must have used `inWords`. Values are never repeated: they may be secret. */
export const mistakesIn = ({ issues }: z.ZodError): string[] =>
  issues.flatMap((issue) => linesOf(issue, [], ''));

type Path = readonly PropertyKey[];

function linesOf(issue: core.$ZodIssue, above: Path, variant: string): string[] {
  const path = [...above, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys.get(issue.keys) ?? [];
    return issue.keys.map(
      (key) => `${named([...path, key])}: ${variant}is not a field here: ${instead(key, known)}`,
    );
  }
  const meant = issue.code === 'invalid_union' ? meantVariants.get(issue.errors) : undefined;
  if (meant === undefined || issue.code !== 'invalid_union')
    return [`${named(path)}: ${variant}${issue.message}`];
  const inner = issue.errors[meant.index] ?? [];
  return inner.flatMap((one) => linesOf(one, path, `(of ${meant.label}) `));
}

const named = (path: Path): string =>
  path.length === 0
    ? 'top level'
    : path
        .map((part) => String(part).slice(0, 64))
        .map((part) => (/^[\w$.@*-]+$/.test(part) ? part : JSON.stringify(part)))
        .join('.');

function instead(key: string, known: readonly string[]): string {
  const near = known
    .map((name) => ({ name, edits: edits(key.slice(0, 64).toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.edits - b.edits)[0];
  return near !== undefined && near.edits <= Math.max(1, near.name.length / 3)
    ? `did you mean "${near.name}"?`
    : `allowed are ${listed(known)}`;
}

/** Levenshtein's distance. */
function edits(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (const [i, a] of [...from].entries()) {
    const next = [i + 1];
    for (const [j, b] of [...to].entries())
      next.push(Math.min((row[j] ?? 0) + (a === b ? 0 : 1), (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    row = next;
  }
  return row.at(-1) ?? 0;
}

const listed = (names: readonly unknown[]): string => names.map((name) => JSON.stringify(name)).join(', ');

/** By the list of the issue that zod makes: what it leaves out of a finished issue. */
const knownKeys = new WeakMap<readonly string[], readonly string[]>();
const meantVariants = new WeakMap<readonly unknown[], { readonly index: number; readonly label: string }>();

const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

/** Says what is allowed, where a schema does not say so itself: the `error` of a parse. */
export function inWords(issue: core.$ZodRawIssue): string | undefined {
  const missing = issue.input === undefined ? 'is missing: ' : '';
  switch (issue.code) {
    case 'invalid_type':
      return `${missing}must be ${KINDS[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `${missing}must be ${issue.values.length > 1 ? 'one of ' : ''}${listed(issue.values)}`;
    case 'too_small':
      return `must be at least ${issue.minimum}${counted(issue.origin)}`;
    case 'too_big':
      return `must be at most ${issue.maximum}${counted(issue.origin)}`;
    case 'invalid_format':
      return issue.format === 'starts_with' ? `must begin with "${issue.prefix}"` : undefined;
    case 'invalid_key':
      return issue.issues[0]?.message;
    case 'unrecognized_keys':
      knownKeys.set(issue.keys, Object.keys(shapeOf(issue.inst) ?? {}));
      return undefined;
    case 'invalid_union':
      return 'discriminator' in issue
        ? `${(issue.input as Record<string, unknown>)[String(issue.discriminator)] === undefined ? 'is missing: ' : ''}must be one of ${listed(issue.options as unknown[])}`
        : undefined;
    default:
      return undefined;
  }
}

const counted = (origin: string): string =>
  origin === 'string' ? ' characters long' : origin === 'array' ? ' entries' : '';

/** The `error` of a union: names its variants, and finds the one that is meant by the fields that are there. */
export function variantsInWords(issue: core.$ZodRawIssue): string | undefined {
  if (issue.code !== 'invalid_union') return undefined;
  const options = (issue.inst as z.ZodUnion | undefined)?._zod.def.options ?? [];
  const labels = options.map(labelOf);
  const index = meantBy(issue.input, options.map(shapeOf));
  const label = labels[index];
  if (label !== undefined) meantVariants.set(issue.errors as unknown[], { index, label });
  const objects = labels.filter((one) => one.startsWith('{'));
  const others = labels.filter((one) => !one.startsWith('{'));
  const either = `${objects.length > 1 ? 'one of ' : ''}${objects.join(', ')}`;
  return `must be ${[...others, either].join(', or ')}`;
}

type Shape = Readonly<Record<string, core.$ZodType>> | undefined;

const shapeOf = (schema: unknown): Shape =>
  (schema as { _zod?: { def?: { shape?: Shape } } })?._zod?.def?.shape;

function meantBy(input: unknown, shapes: readonly Shape[]): number {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return -1;
  const fits = shapes.map((shape) => {
    const there = Object.entries(shape ?? {}).filter(([name]) => Object.hasOwn(input, name));
    const wrong = there.some(([name, schema]) => {
      const values = schema._zod.values;
      return values !== undefined && !values.has((input as Record<string, never>)[name] as never);
    });
    return wrong ? 0 : there.filter(([, schema]) => schema._zod.optin !== 'optional').length;
  });
  const most = Math.max(...fits);
  return most === 0 ? -1 : fits.indexOf(most);
}

/** Such as `{"type": "string", "maxLength"}`: what has to be there. */
function labelOf(schema: core.$ZodType): string {
  const shape = shapeOf(schema);
  if (shape === undefined)
    return schema._zod.values ? [...schema._zod.values].map(String).join(' or ') : 'true or false';
  const fields = Object.entries(shape).filter(([, field]) => field._zod.optin !== 'optional');
  return `{${fields
    .map(([name, field]) => {
      const values = [...(field._zod.values ?? [])].map((value) => JSON.stringify(value));
      return values.length > 0 ? `"${name}": ${values.join(' or ')}` : `"${name}"`;
    })
    .join(', ')}}`;
}
