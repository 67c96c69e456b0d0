import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** `npm run soak`: the named test files, with all of what `npm test` tries a sample of. */
const vitest = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url));
const { status } = spawnSync(process.execPath, [vitest, 'run', ...process.argv.slice(2)], {
  env: { ...process.env, SPENDWISE_IN_FULL: '1' },
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
