import { readFileSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { NotConfigured } from './errors.ts';

/** Variables by name. Not process.env: what stands in `.env` must not leak into child processes. */
export type Environment = Readonly<Record<string, string | undefined>>;

const REPO = fileURLToPath(new URL('..', import.meta.url));

/** `.env` of a folder under the given environment, which wins. Throws NotConfigured when `.env` is broken. */
export function loadEnvironment(folder = process.cwd(), environment: Environment = process.env): Environment {
  const file = join(folder, '.env');
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return environment;
    throw new NotConfigured(`${file} cannot be read`, 'make it a readable file, or remove it', error);
  }
  const broken = brokenLine(text);
  if (broken !== undefined) {
    // Never the line itself: it may hold a secret.
    throw new NotConfigured(
      `${file}: line ${broken} is not NAME=value`,
      'mend that line; # starts a comment',
    );
  }
  return { ...parseEnv(withoutMark(text)), ...environment };
}

/** Editors on Windows begin files with a byte order mark. */
const withoutMark = (text: string): string => text.replace(/^\ufeff/, '');

/** Number of the first line that is no assignment, comment or part of a quoted value; `parseEnv` skips such lines. */
function brokenLine(text: string): number | undefined {
  const lines = withoutMark(text).split(/\r?\n/);
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    if (/^\s*(#.*)?$/.test(line)) continue;
    const value = /^\s*(?:export\s+)?[A-Za-z_][A-Za-z0-9_]*\s*=\s*(.*)$/.exec(line)?.[1];
    if (value === undefined) return at + 1;
    const quote = /^["'`]/.exec(value)?.[0];
    if (quote === undefined || value.indexOf(quote, 1) > 0) continue;
    const close = lines.findIndex((later, index) => index > at && later.includes(quote));
    if (close < 0) return at + 1;
    at = close;
  }
  return undefined;
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
    // There is none yet, or it cannot be reached: whoever opens it says so.
    return path;
  }
}

/** Grants, ledger, runs and audit: `SPENDWISE_STATE_DIR`, else where the XDG convention puts state. Absolute. */
export const stateDir = (environment: Environment): string =>
  resolve(
    variable(environment, 'SPENDWISE_STATE_DIR') ??
      join(variable(environment, 'XDG_STATE_HOME') ?? join(homedir(), '.local', 'state'), 'spendwise'),
  );
