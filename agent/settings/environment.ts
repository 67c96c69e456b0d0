import { closeSync, constants, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { NotConfigured } from '@spendwise/sandbox/errors';
import { stateFolderIfThere } from '@spendwise/sandbox/foundation';

/** Variables by name. Not process.env: what stands in `.env` must not leak into child processes. */
export type Environment = Readonly<Record<string, string | undefined>>;

const REPO = fileURLToPath(new URL('../..', import.meta.url));

/**
 * What `.env` may not set, and why. Whoever may write the working directory, such as a server with a grant on a
 * project, writes `.env` too: it must not choose what is trusted.
 */
export const REAL_ENVIRONMENT_ONLY: Readonly<Record<string, string>> = {
  SPENDWISE_STATE_DIR: 'it holds your grants',
  XDG_STATE_HOME: 'your grants are kept there',
  HOME: 'your grants are kept there',
  SPENDWISE_NODE_IMAGE: 'your sandboxes run on it',
};

const MAX_BYTES = 1024 * 1024;

/** Where a secret is sent: `.env` may name the address only for a secret that it holds itself. */
const ADDRESS_OF: Readonly<Record<string, readonly string[]>> = {
  OPENAI_BASE_URL: ['OPENAI_API_KEY'],
  TWILIO_API_BASE_URL: ['TWILIO_AUTH_TOKEN'],
};

/**
 * `.env` of a folder under the given environment, which wins. Throws NotConfigured when `.env` is broken, or sets what
 * only the environment may.
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
    // Never the line itself: it may hold a secret.
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

/** Never waits for somebody to write, as a pipe would, and reads no more than settings can be. Links are followed. */
function readSettings(file: string): string {
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!fstatSync(descriptor).isFile()) throw new NotConfigured(`${file} is not a file`, 'remove it');
    const bytes = Buffer.alloc(MAX_BYTES + 1);
    let size = 0;
    for (let read = -1; read !== 0 && size < bytes.length; size += read)
      read = readSync(descriptor, bytes, size, bytes.length - size, size);
    if (size <= MAX_BYTES) return bytes.toString('utf8', 0, size);
    throw new NotConfigured(`${file} is over 1 MB: that is no list of settings`, 'make it shorter');
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
      `${where(address)} sets ${address}, which would be sent the ${secret} of your environment`,
      'remove that line, or set both in the same place',
    );
  }
}

/** Editors on Windows begin files with a byte order mark. */
const withoutMark = (text: string): string => text.replace(/^\ufeff/, '');

/**
 * Which line sets a variable, counted from 1, and the first line that is no assignment, comment or part of a quoted
 * value; `parseEnv` skips such lines.
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

/** A variable's value; empty counts as not set. */
export const variable = (environment: Environment, name: string): string | undefined =>
  environment[name]?.trim() || undefined;

/**
 * The spending database: `SPENDWISE_DB`, else `data/spendwise.db` of the clone. Absolute, and the same by whatever links
 * it is reached: the ledger knows it by this.
 */
export function databasePath(environment: Environment): string {
  const path = resolve(variable(environment, 'SPENDWISE_DB') ?? join(REPO, 'data', 'spendwise.db'));
  try {
    return realpathSync(path);
  } catch {
    // There is none yet, or it cannot be reached: opening it says so.
    return path;
  }
}

/**
 * Grants, ledger, runs and audit: `SPENDWISE_STATE_DIR`, else where the XDG convention puts state. Absolute. Throws
 * NotConfigured for one that depends on the working directory, or that is there and others own, may write or link.
 */
export function stateDir(environment: Environment): string {
  const [own, xdg] = ['SPENDWISE_STATE_DIR', 'XDG_STATE_HOME'].map((name) => wholePath(environment, name));
  const folder = resolve(own ?? join(xdg ?? join(homedir(), '.local', 'state'), 'spendwise'));
  stateFolderIfThere(folder);
  return folder;
}

function wholePath(environment: Environment, name: string): string | undefined {
  const path = variable(environment, name);
  if (path === undefined || isAbsolute(path)) return path;
  throw new NotConfigured(
    `${name} is not a whole path: it would be another folder in every working directory`,
    'begin it with /',
  );
}
