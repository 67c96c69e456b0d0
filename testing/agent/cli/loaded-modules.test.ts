import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { REPO } from '../../support/run.ts';

const PRINT_LOADED = `data:text/javascript,${encodeURIComponent(
  `import { registerHooks } from 'node:module';
   registerHooks({ load(url, context, next) { process.stderr.write(url + '\\n'); return next(url, context); } });`,
)}`;

test('--version loads no runtime, no broker and no database', () => {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', PRINT_LOADED, `${REPO}agent/spendwise.js`, '--version'],
    { encoding: 'utf8' },
  );
  expect(stdout).toBe('0.1.0\n');
  const loaded = stderr.split('\n');
  expect(loaded.some((url) => url.endsWith('/agent/cli/main.ts'))).toBe(true);
  expect(
    loaded.filter((url) => /\/sandbox\/(runtimes|broker|program)\/|zod|better-sqlite3/.test(url)),
  ).toEqual([]);
});
