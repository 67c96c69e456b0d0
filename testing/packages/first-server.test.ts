import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bubblewrapAvailable } from '../support/bubblewrap.ts';
import { dockerAvailable } from '../support/docker.ts';
import { pack } from '../support/packed.ts';
import { Reader } from '../support/reader.ts';
import { terminalAvailable } from '../support/reader-shell.ts';
import { REPO } from '../support/run.ts';

const PAGE = 'agent/sandbox/FIRST-SERVER.md';
const folder = mkdtempSync(join(tmpdir(), 'spendwise-test-first-server-'));
const available = terminalAvailable && (dockerAvailable || bubblewrapAvailable);
let reader: Reader;
const withoutModules = () => {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return { ...process.env, PATH: folders.filter((one) => !one.includes('node_modules')).join(delimiter) };
};
const started = performance.now();

beforeAll(async () => {
  const { tarball } = await pack(folder, 'agent/sandbox');
  const configured = (name: string) =>
    execFileSync('npm', ['config', 'get', name], { encoding: 'utf8', env: withoutModules() }).trim();
  const env = {
    // The state folder is where a person's is, for a client passes on no variable that says otherwise.
    SPENDWISE_STATE_DIR: '',
    // npm looks for its global configuration beside the Node that it runs under, and this one is ours.
    PATH: `${dirname(process.execPath)}${delimiter}${withoutModules().PATH}`,
    npm_config_globalconfig: configured('globalconfig'),
    npm_config_cache: configured('cache'),
    npm_config_prefer_offline: 'true',
    npm_config_progress: 'false',
    npm_config_update_notifier: 'false',
  };
  reader = new Reader(PAGE, env, {
    '--silent @spendwise/sandbox': `--silent --no-audit --no-fund ${tarball}`,
    'npx --no -- mcp-inspector': join(REPO, 'node_modules/.bin/mcp-inspector'),
  });
}, 300_000);
afterAll(async () => {
  await reader?.close();
  rmSync(folder, { recursive: true, force: true });
});

test
  .skipIf(!available)
  .each(['Install it', 'Write its manifest', 'Grant it, and give it to your client', 'Call a tool'])(
  'the page is true: %s',
  (section) => reader.read(section),
);

test.skipIf(!available)('all of it takes less than three minutes', () => {
  expect(performance.now() - started).toBeLessThan(180_000);
});
