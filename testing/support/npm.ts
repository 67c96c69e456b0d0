import { delimiter } from 'node:path';
import { turnAt } from './one-at-a-time.ts';
import { type Ran, runProgram } from './run.ts';

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
  // Packing writes `dist` of the package: files of tests that run at the same time would take it from each other.
  const end = args[0] === 'pack' ? await turnAt('packing') : () => {};
  const ran = await runProgram('npm', args, { cwd, env, timeoutMs: 240_000 }).finally(end);
  if (ran.code !== 0) throw new Error(`npm ${args[0]} failed: ${ran.stderr}`);
  return ran;
}
