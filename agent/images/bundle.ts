import { copyFileSync, cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';

const REPO = fileURLToPath(new URL('../..', import.meta.url));
export const DIST = join(REPO, 'dist');

/** CommonJS inside an ES module wants these two. */
const BANNER = `import { createRequire as __createRequire } from 'node:module';
const require = __createRequire(import.meta.url);
const __dirname = import.meta.dirname;`;

const common: BuildOptions = {
  absWorkingDir: REPO,
  bundle: true,
  platform: 'node',
  format: 'esm',
  // The oldest Node that may run it: the official image has a newer one.
  target: 'node22',
  banner: { js: BANNER },
  outExtension: { '.js': '.mjs' },
  splitting: true,
  minifySyntax: true,
  legalComments: 'none',
  logLevel: 'warning',
};

/**
 * The payloads of images and sandboxes, each a folder that runs by itself: `dist/gateway`, `dist/sms`, `dist/spending`.
 * About half a second; no package manager and no network. `digest` says of which sources it is.
 */
export async function bundle(digest = ''): Promise<void> {
  rmSync(DIST, { recursive: true, force: true });
  await Promise.all([
    build({ ...common, entryPoints: { relay: 'agent/sandbox/gateway/relay.ts' }, outdir: 'dist/gateway' }),
    build({ ...common, entryPoints: { server: 'mcp-server-sms/src/main.ts' }, outdir: 'dist/sms' }),
    build({ ...common, entryPoints: { server: 'agent/spending/server.ts' }, outdir: 'dist/spending/lib' }),
  ]);
  copyFileSync(join(REPO, 'agent/sandbox/gateway/gateway.sh'), join(DIST, 'gateway/gateway.sh'));
  copyFileSync(join(REPO, 'agent/spending/schema.sql'), join(DIST, 'spending/lib/schema.sql'));
  copyPrebuilds();
  // Last: a bundle that was cut short has none, and is made again.
  writeFileSync(join(DIST, '.digest'), digest);
}

/** better-sqlite3 looks for its binary beside the folder its code is in. A container is Linux, whatever the host is. */
function copyPrebuilds(): void {
  const module = dirname(createRequire(import.meta.url).resolve('better-sqlite3/package.json'));
  mkdirSync(join(DIST, 'spending/prebuilds'), { recursive: true });
  for (const name of ['linux-x64.node', 'linux-arm64.node']) {
    cpSync(join(module, 'prebuilds', name), join(DIST, 'spending/prebuilds', name));
  }
}
