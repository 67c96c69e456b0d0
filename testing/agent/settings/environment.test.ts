import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadEnvironment, stateDir } from '../../../agent/settings/environment.ts';
import { temporaryFolder } from '../../support/folder.ts';

/** What somebody gets who has this environment, in a folder with this `.env`. */
function load(dotEnv: string, environment: Record<string, string> = {}) {
  const folder = temporaryFolder();
  writeFileSync(join(folder, '.env'), dotEnv);
  return loadEnvironment(folder, environment);
}

test.each(['SPENDWISE_STATE_DIR', 'XDG_STATE_HOME', 'HOME', 'SPENDWISE_NODE_IMAGE'])(
  '.env may not set %s: the error names the line, not its value',
  (name) => {
    const found = () => load(`# mine\nOTHER="two\nlines"\nexport ${name}='/somewhere/else'\n`);
    expect(found).toThrow(new RegExp(`\\.env: line 4 sets ${name}, which only the environment may`));
    expect(found).not.toThrow(/somewhere/);
    expect(() => load(`${name}=/tmp/a`, { [name]: '/tmp/b' })).toThrow(name);
    expect(load(`${name}=\n`, { [name]: '/tmp/b' })[name]).toBe('/tmp/b');
    expect(load('OTHER=1', { [name]: '/tmp/b' })[name]).toBe('/tmp/b');
  },
);

const HIDDEN = [
  ['in a value of several lines that parseEnv ends earlier', `A="x"\nSPENDWISE_STATE_DIR=/tmp/a`],
  ['after a byte order mark', '\ufeffSPENDWISE_STATE_DIR=/tmp/a'],
  ['with blanks', '   SPENDWISE_STATE_DIR   =   /tmp/a'],
  ['twice', 'SPENDWISE_STATE_DIR=\nSPENDWISE_STATE_DIR=/tmp/a'],
  ['with carriage returns', 'A=1\r\nSPENDWISE_STATE_DIR=/tmp/a\r\n'],
  ['behind an open quote in a comment', `# "\nSPENDWISE_STATE_DIR=/tmp/a\nB=1`],
  ['behind a quote inside a value', `A=x"y\nSPENDWISE_STATE_DIR=/tmp/a\nB=z"`],
] as const;

test.each(HIDDEN)('.env cannot hide a state folder %s', (_how, text) => {
  expect(() => load(text)).toThrow(/SPENDWISE_STATE_DIR/);
});

test.each([
  ['OPENAI_BASE_URL', 'https://elsewhere.example/v1', 'OPENAI_API_KEY'],
  ['TWILIO_API_BASE_URL', 'http://127.0.0.1:9', 'TWILIO_AUTH_TOKEN'],
])('%s of .env does not get the secret of the environment', (address, url, secret) => {
  expect(() => load(`${address}=${url}`, { [secret]: 'mine' })).toThrow(
    `line 1 sets ${address}: the ${secret} of your environment would be sent there`,
  );
  expect(() => load(`${address}=${url}\n${secret}=bait`, { [secret]: 'mine' })).toThrow(secret);
  // Both in one place, or a secret of `.env` for an address of the environment.
  expect(load(`${address}=${url}\n${secret}=x`)).toMatchObject({ [address]: url, [secret]: 'x' });
  expect(load(`${secret}=x`, { [address]: url })).toMatchObject({ [address]: url, [secret]: 'x' });
  expect(load(`${address}=https://not.taken`, { [address]: url, [secret]: 'x' })[address]).toBe(url);
});

test('other configuration stays in .env', () => {
  const text =
    'OPENAI_API_KEY=k\nOPENAI_BASE_URL=http://127.0.0.1:1/v1\nNOTIFICATION_PHONE=+12025550143\nSPENDWISE_DB=x.db\n';
  expect(load(text)).toEqual({
    OPENAI_API_KEY: 'k',
    OPENAI_BASE_URL: 'http://127.0.0.1:1/v1',
    NOTIFICATION_PHONE: '+12025550143',
    SPENDWISE_DB: 'x.db',
  });
});

test.each(['SPENDWISE_STATE_DIR', 'XDG_STATE_HOME'])('%s must be an absolute path', (name) => {
  expect(() => stateDir({ [name]: 'state' })).toThrow(`${name} is not an absolute path`);
});

test('the state folder is that of the environment, of XDG, or of the home folder', () => {
  const folder = temporaryFolder();
  expect(stateDir({ SPENDWISE_STATE_DIR: join(folder, 'own'), XDG_STATE_HOME: folder })).toBe(
    join(folder, 'own'),
  );
  expect(stateDir({ XDG_STATE_HOME: folder })).toBe(join(folder, 'spendwise'));
  expect(stateDir({})).toBe(join(homedir(), '.local/state/spendwise'));
});

test.each([
  ['a pipe', (at: string) => execFileSync('mkfifo', [at]), /\.env is not a file/],
  ['a folder', (at: string) => mkdirSync(at), /\.env is not a file/],
  ['a device', (at: string) => symlinkSync('/dev/zero', at), /\.env is not a file/],
  ['over 1 MB', (at: string) => writeFileSync(at, '#'.repeat(1024 * 1024 + 1)), /\.env is over 1 MB/],
])('.env that is %s is an error, not a wait', (_what, make, message) => {
  const folder = temporaryFolder();
  make(join(folder, '.env'));
  expect(() => loadEnvironment(folder, {})).toThrow(message);
});

test('.env may be a link to a file, of up to 1 MB', () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'mine'), `A=1\n#${'x'.repeat(1024 * 1024 - 5)}`);
  symlinkSync('mine', join(folder, '.env'));
  expect(loadEnvironment(folder, {})).toEqual({ A: '1' });
});
