import { closeSync, constants, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { type Environment, variable } from '@spendwise/sandbox/environment';
import { NotConfigured } from '@spendwise/sandbox/errors';
import { HOME, isClone } from './installation.ts';

export { type Environment, stateDir, variable } from '@spendwise/sandbox/environment';

/**
 * Variables that `.env` may not set, and why. A server with a grant on the working directory could write `.env`, so it
 * must not choose what is trusted.
 */
export const REAL_ENVIRONMENT_ONLY: Readonly<Record<string, string>> = {
  SPENDWISE_STATE_DIR: 'it holds your grants',
  XDG_STATE_HOME: 'your grants are kept there',
  HOME: 'your grants are kept there',
  SPENDWISE_NODE_IMAGE: 'your sandboxes run on it',
};

const MAX_BYTES = 1024 * 1024;

/** Addresses that a secret is sent to. `.env` may set one only if the secret is not in the environment. */
const ADDRESS_OF: Readonly<Record<string, readonly string[]>> = {
  OPENAI_BASE_URL: ['OPENAI_API_KEY'],
  TWILIO_API_BASE_URL: ['TWILIO_AUTH_TOKEN'],
};

/**
 * Reads `.env` of a folder; the environment wins. Throws NotConfigured if `.env` is broken, or sets what only the
 * environment may.
 */
export function loadEnvironment(folder = process.cwd(), environment: Environment = process.env): Environment {
  const file = join(folder, '.env');
  let text: string;
  try {
    text = readSettings(file);
  } catch (error) {
    if (error instanceof NotConfigured) throw error;
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return environment;
    throw new NotConfigured(`${file} cannot be read`, 'make it a readable file, or remove it', error);
  }
  const lines = readLines(text);
  if (lines.broken !== undefined) {
    // Never show the line itself: it may hold a secret.
    throw new NotConfigured(
      `${file}: line ${lines.broken} is not NAME=value`,
      'fix that line; # starts a comment',
    );
  }
  const own: Environment = parseEnv(withoutMark(text));
  const where = (name: string) => {
    const line = lines.at.get(name);
    return line === undefined ? file : `${file}: line ${line}`;
  };
  assertMaySet(own, environment, where);
  return { ...own, ...environment };
}

/** Does not block on a pipe, and reads at most 1 MB. Links are followed. */
function readSettings(file: string): string {
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

function assertMaySet(own: Environment, environment: Environment, where: (name: string) => string): void {
  for (const [name, why] of Object.entries(REAL_ENVIRONMENT_ONLY)) {
    if (variable(own, name) === undefined) continue;
    throw new NotConfigured(
      `${where(name)} sets ${name}, which only the environment may: ${why}`,
      `remove that line; if the value is yours, \`export ${name}=…\``,
    );
  }
  for (const [address, secrets] of Object.entries(ADDRESS_OF)) {
    if (variable(own, address) === undefined || environment[address] !== undefined) continue;
    const secret = secrets.find((name) => variable(environment, name) !== undefined);
    if (secret === undefined) continue;
    throw new NotConfigured(
      `${where(address)} sets ${address}: the ${secret} of your environment would be sent there`,
      'remove that line, or set both in the same place',
    );
  }
}

const withoutMark = (text: string): string => text.replace(/^\ufeff/, '');

/**
 * The line that sets each variable, counted from 1, and the first invalid line, which `parseEnv` would skip silently.
 */
function readLines(text: string): { at: ReadonlyMap<string, number>; broken?: number } {
  const lines = withoutMark(text).split(/\r?\n/);
  const set = new Map<string, number>();
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    if (/^\s*(#.*)?$/.test(line)) continue;
    const [, name, value] = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) return { at: set, broken: at + 1 };
    set.set(name, at + 1);
    const quote = /^["'`]/.exec(value)?.[0];
    if (quote === undefined || value.indexOf(quote, 1) > 0) continue;
    const from = at;
    for (at += 1; lines[at]?.includes(quote) === false; ) at += 1;
    if (at === lines.length) return { at: set, broken: from + 1 };
  }
  return { at: set };
}

/**
 * The spending database: `SPENDWISE_DB`, else `data/spendwise.db` of the clone; of an installed package, whose folder an
 * update replaces, the place of the XDG convention. Absolute, with links resolved, because the ledger identifies the
 * database by its path.
 */
export function databasePath(environment: Environment): string {
  const path = resolve(
    variable(environment, 'SPENDWISE_DB') ?? join(dataFolder(environment), 'spendwise.db'),
  );
  try {
    return realpathSync(path);
  } catch {
    // Missing or not reachable: opening it reports that.
    return path;
  }
}

function dataFolder(environment: Environment): string {
  if (isClone) return join(HOME, 'data');
  const xdg = variable(environment, 'XDG_DATA_HOME');
  // As the convention has it, a relative one does not count.
  return join(xdg && isAbsolute(xdg) ? xdg : join(homedir(), '.local', 'share'), 'spendwise');
}
