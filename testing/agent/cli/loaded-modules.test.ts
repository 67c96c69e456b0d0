import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { REPO } from '../../support/run.ts';

const PRINT_LOADED = `data:text/javascript,${encodeURIComponent(
  `import { registerHooks } from 'node:module';
   registerHooks({ load(url, context, next) { process.stderr.write(url + '\\n'); return next(url, context); } });`,
)}`;

function loadedBy(...args: string[]): { stdout: string; loaded: string[] } {
  const command = ['--import', PRINT_LOADED, `${REPO}agent/spendwise.js`, ...args];
  const { stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' });
  return { stdout, loaded: stderr.split('\n').filter((line) => line.startsWith('file:')) };
}

test('--version loads no runtime, no broker and no database', () => {
  const { stdout, loaded } = loadedBy('--version');
  expect(stdout).toBe('0.1.0\n');
  expect(loaded.some((url) => url.endsWith('/agent/cli/main.ts'))).toBe(true);
  expect(
    loaded.filter((url) => /\/sandbox\/(runtimes|broker|program)\/|\/zod\/|better-sqlite3/.test(url)),
  ).toEqual([]);
});

test('sandbox run loads nothing of the agent, of X.509, of phone numbers or of bundlers', () => {
  const { loaded } = loadedBy('sandbox', 'run', '/nonexistent.json', '--runtime', 'bubblewrap');
  expect(loaded.some((url) => url.endsWith('/sandbox/cli/run.ts'))).toBe(true);
  expect(
    loaded.filter((url) =>
      /\/agent\/(app|alerts|loop|models|tools)\/|(better-sqlite3|openai|@peculiar\/x509|esbuild|ajv|libphonenumber-js)\//.test(
        url,
      ),
    ),
  ).toEqual([]);
});
