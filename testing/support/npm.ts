import { closeSync, openSync, rmSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Ran, REPO, runProgram } from './run.ts';

/**
 * npm as the machine has it. It reads its global configuration (a registry, certificates) from beside the Node it runs
 * under: not ours, which npm scripts put first on the PATH.
 */
export async function npm(args: readonly string[], cwd: string): Promise<Ran> {
  const path = (process.env.PATH ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'));
  const passed = Object.entries(process.env).filter(([name]) =>
    /^(npm_config_(registry|userconfig|globalconfig|cache|cafile)|(https?|no)_proxy|NODE_EXTRA_CA_CERTS|SSL_CERT_.*)$/i.test(
      name,
    ),
  );
  const env = { ...(Object.fromEntries(passed) as Record<string, string>), PATH: path.join(delimiter) };
  const run = () => runProgram('npm', args, { cwd, env, timeoutMs: 240_000 });
  const ran = await (args[0] === 'pack' ? oneAtATime(run) : run());
  if (ran.code !== 0) throw new Error(`npm ${args[0]} failed: ${ran.stderr}`);
  return ran;
}

const LOCK = join(REPO, 'node_modules/.packing');
const STALE_MS = 300_000;

/** Packing writes `dist` of the package: files of tests that run at the same time would take it from each other. */
async function oneAtATime<T>(run: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      closeSync(openSync(LOCK, 'wx'));
      break;
    } catch {
      const since = statSync(LOCK, { throwIfNoEntry: false })?.mtimeMs;
      if (since !== undefined && Date.now() - since > STALE_MS) rmSync(LOCK, { force: true });
      await delay(100);
    }
  }
  try {
    return await run();
  } finally {
    rmSync(LOCK, { force: true });
  }
}
