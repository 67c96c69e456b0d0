import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { parseEnv } from 'node:util';
import { Failed, NotConfigured, UsageError } from '@spendwise/sandbox/errors';
import { realPath } from '@spendwise/sandbox/foundation';

const MAX_BYTES = 1024 * 1024;

/** A file of settings as it is; undefined where there is none. Throws NotConfigured. */
export function readDotEnv(file: string): string | undefined {
  try {
    return withoutMark(readText(file));
  } catch (error) {
    if (error instanceof NotConfigured) throw error;
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new NotConfigured(`${file} cannot be read`, 'make it a readable file, or remove it', error);
  }
}

/** Does not block on a pipe, and reads at most 1 MB. Links are followed. */
function readText(file: string): string {
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!fstatSync(descriptor).isFile()) throw new NotConfigured(`${file} is not a file`, 'remove it');
    const bytes = Buffer.alloc(MAX_BYTES + 1);
    let size = 0;
    for (let read = -1; read !== 0 && size < bytes.length; size += read)
      read = readSync(descriptor, bytes, size, bytes.length - size, size);
    if (size <= MAX_BYTES) return bytes.toString('utf8', 0, size);
    throw new NotConfigured(`${file} is over 1 MB, too large for settings`, 'make it shorter');
  } finally {
    closeSync(descriptor);
  }
}

const withoutMark = (text: string): string => text.replace(/^\ufeff/, '');

/** The lines of a variable, counted from 1. */
interface Lines {
  readonly first: number;
  readonly last: number;
}

/** Where each variable is set, and the first invalid line, which `parseEnv` would skip silently. */
export function linesOf(text: string): { at: ReadonlyMap<string, Lines>; broken?: number } {
  const lines = text.split(/\r?\n/);
  const set = new Map<string, Lines>();
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    if (/^\s*(#.*)?$/.test(line)) continue;
    const [, name, value] = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) return { at: set, broken: at + 1 };
    const first = at + 1;
    const quote = /^["'`]/.exec(value)?.[0];
    if (quote !== undefined && value.indexOf(quote, 1) < 0) {
      for (at += 1; lines[at]?.includes(quote) === false; ) at += 1;
      if (at === lines.length) return { at: set, broken: first };
    }
    set.set(name, { first, last: at + 1 });
  }
  return { at: set };
}

/**
 * Sets variables in a file of settings, which was read as `before`. Whole or not at all, and then for its owner only. The
 * other lines stay. Throws Failed if the file was changed in the meantime or cannot be written.
 */
export function writeDotEnv(
  file: string,
  before: string | undefined,
  values: Readonly<Record<string, string>>,
): void {
  if (readDotEnv(file) !== before) throw new Failed(`${file} was changed in the meantime`, 'run it again');
  const text = before ?? '';
  const lines: (string | undefined)[] = text === '' ? [] : text.replace(/\n$/, '').split('\n');
  const { at } = linesOf(text);
  for (const [name, value] of Object.entries(values)) {
    const set = at.get(name);
    if (set === undefined) lines.push(assignment(name, value));
    else {
      lines.fill(undefined, set.first - 1, set.last);
      lines[set.first - 1] = assignment(name, value);
    }
  }
  replaceFile(file, lines.flatMap((line) => (line === undefined ? [] : `${line}\n`)).join(''));
}

/** In the quotes with which it is read back as it is. */
function assignment(name: string, value: string): string {
  const line = ['', "'", '`', '"']
    .map((quote) => `${name}=${quote}${value}${quote}`)
    .find((each) => parseEnv(each)[name] === value && linesOf(each).broken === undefined);
  // Never shows the value: it may be a secret.
  if (line === undefined)
    throw new UsageError(`${name} has signs that .env cannot hold`, 'set it in the environment');
  return line;
}

/** A link stays one: its target is replaced. */
function replaceFile(file: string, text: string): void {
  const target = realPath(file);
  const fresh = `${target}.${process.pid}.tmp`;
  try {
    const descriptor = openSync(fresh, 'wx', 0o600);
    try {
      writeFileSync(descriptor, text);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(fresh, target);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw new Failed(
      `${file} cannot be written`,
      'nothing was changed; check the permissions of the folder',
      error,
    );
  }
}
