import { randomBytes } from 'node:crypto';
import { readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { findNodeAtLocation, type JSONPath, type Node, parseTree } from 'jsonc-parser';
import { Failed, SpendwiseError } from '../../foundation/errors.ts';
import { writtenName } from '../../manifest/host-name.ts';
import { loadManifest } from '../../manifest/index.ts';
import { requiredPermissions } from '../../manifest/permissions.ts';
import { isAsked, type Wanted } from './proposals.ts';

/**
 * Adds what is wanted to a manifest file: read back with `loadManifest` before it takes the file's place, as a whole or not
 * at all. What was there keeps its form. Throws Failed, or what `loadManifest` throws.
 */
export function addToManifest(path: string, wanted: readonly Wanted[]): void {
  const file = realpathSync(path);
  const before = readFileSync(file, 'utf8');
  let text = before;
  for (const one of wanted) text = added(text, one);
  // Beside it, because its paths are relative to its folder.
  const fresh = `${file}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    writeFileSync(fresh, text, { flag: 'wx', mode: statSync(file).mode & 0o777 });
    const manifest = loadManifest(fresh);
    if (!wanted.every((one) => isAsked(one, manifest)))
      throw new Failed(`${path} was not changed: a key is in it twice`, 'remove one of the two');
    if (readFileSync(file, 'utf8') !== before)
      throw new Failed(`${path} was changed in the meantime`, 'run it again');
    renameSync(fresh, file);
  } catch (error) {
    if (error instanceof SpendwiseError) throw error;
    throw new Failed(`${path} cannot be written`, 'nothing was changed', error);
  } finally {
    rmSync(fresh, { force: true });
  }
}

interface Fields {
  readonly permissions?: readonly string[];
  readonly runtimePermissions?: readonly { type?: string; domain?: string; port?: number }[];
}

function added(text: string, wanted: Wanted): string {
  const { permissions = [], runtimePermissions } = JSON.parse(text) as Fields;
  if (wanted.kind === 'rule') {
    const at = (runtimePermissions ?? []).findIndex(
      ({ type, domain = '', port }) =>
        type === 'domain' && writtenName(domain) === wanted.domain && port === wanted.port,
    );
    if (at < 0)
      throw new Failed(
        `the manifest no longer asks for ${wanted.domain}:${wanted.port}`,
        'add the domain to the manifest first',
      );
    return append(text, ['runtimePermissions', at, 'http', 'rules'], wanted.rule);
  }
  const { permission } = wanted;
  const missing = requiredPermissions(permission).filter((kind) => !permissions.includes(kind));
  const covered = missing.reduce((so, kind) => append(so, ['permissions'], kind), text);
  return append(covered, ['runtimePermissions'], permission);
}

/** One more value at the end of a list, formatted like the values before it. */
function append(text: string, at: JSONPath, value: unknown): string {
  const root = parseTree(text);
  const list = root && findNodeAtLocation(root, at);
  const indent = /^( +|\t)/m.exec(text)?.[1] ?? '  ';
  if (list === undefined) {
    const last = root?.children?.at(-1);
    if (last === undefined) throw new Failed('the manifest is empty', 'write a new one');
    const property = `${JSON.stringify(at[0])}: []`;
    return append(inserted(text, endOf(last), `,${gapBefore(text, last)}${property}`), at, value);
  }
  const [first, ...others] = list.children ?? [];
  const last = others.at(-1) ?? first;
  const [, margin = ''] = /([ \t]*)[^\n]*$/.exec(text.slice(0, list.offset)) ?? [];
  const ownLine = `\n${margin}${indent}`;
  if (first !== undefined && last !== undefined) {
    const usual = text.slice(list.offset + 1, first.offset) || ' ';
    const gap = JSON.stringify(value).length > WIDE && !usual.includes('\n') ? ownLine : usual;
    return inserted(text, endOf(last), `,${gap}${formed(value, indent, gap)}`);
  }
  const whole =
    typeof value === 'string'
      ? formed(value, indent, ' ')
      : `${ownLine}${formed(value, indent, ownLine)}\n${margin}`;
  return `${text.slice(0, list.offset)}[${whole}]${text.slice(endOf(list))}`;
}

const endOf = ({ offset, length }: Node): number => offset + length;
const inserted = (text: string, at: number, more: string): string =>
  text.slice(0, at) + more + text.slice(at);
/** The blanks between a value and what stands before it. */
const gapBefore = (text: string, { offset }: Node): string => /\s*$/.exec(text.slice(0, offset))?.[0] || ' ';

const WIDE = 90;

/** In one line where it fits into one. */
function formed(value: unknown, indent: string, gap: string): string {
  const lines = JSON.stringify(value, null, indent);
  const line = lines.replace(/\n\s*/g, ' ');
  const margin = gap.slice(gap.lastIndexOf('\n') + 1);
  return line.length <= WIDE || !gap.includes('\n') ? line : lines.replaceAll('\n', `\n${margin}`);
}
