import { realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { type Environment, variable } from '@spendwise/sandbox/environment';
import { NotConfigured } from '@spendwise/sandbox/errors';
import { linesOf, readDotEnv } from './dot-env.ts';
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
  SPENDWISE_PLAIN: 'it counts before this file is read',
};

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
  const text = readDotEnv(file);
  if (text === undefined) return environment;
  const lines = linesOf(text);
  if (lines.broken !== undefined) {
    // Never show the line itself: it may hold a secret.
    throw new NotConfigured(
      `${file}: line ${lines.broken} is not NAME=value`,
      'fix that line; # starts a comment',
    );
  }
  const own: Environment = parseEnv(text);
  const where = (name: string) => {
    const line = lines.at.get(name)?.first;
    return line === undefined ? file : `${file}: line ${line}`;
  };
  assertMaySet(own, environment, where);
  return { ...own, ...environment };
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
