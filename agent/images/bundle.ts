import { copyFileSync, cpSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleGateway, PAYLOAD } from '@spendwise/sandbox/gateway-bundle';
import { type BuildOptions, build } from 'esbuild';

const REPO = fileURLToPath(new URL('../..', import.meta.url));

/** CommonJS code in an ES module needs these two. */
const BANNER = `import { createRequire as __createRequire } from 'node:module';
const require = __createRequire(import.meta.url);
const __dirname = import.meta.dirname;`;

const common = {
  ...PAYLOAD,
  absWorkingDir: REPO,
  conditions: ['spendwise-source'],
  banner: { js: BANNER },
  metafile: true,
} satisfies BuildOptions;

/**
 * Bundles the programs of images and sandboxes into `dist`: `gateway`, `sms` and `spending`, each a folder that runs
 * alone. Takes half a second, without network. `digest` identifies the sources. Returns the files that went in.
 */
export async function bundle(dist: string, digest = ''): Promise<string[]> {
  // Built in another folder and then renamed, because another run may be using the current one.
  const fresh = `${dist}-${process.pid}`;
  const old = `${dist}-old-${process.pid}`;
  try {
    const [sms, spending] = await Promise.all([
      build({ ...common, entryPoints: { server: 'mcp-server-sms/src/main.ts' }, outdir: join(fresh, 'sms') }),
      build({
        ...common,
        entryPoints: { server: 'agent/spending/server.ts' },
        outdir: join(fresh, 'spending/lib'),
      }),
      bundleGateway(join(fresh, 'gateway')),
    ]);
    copyFileSync(join(REPO, 'agent/spending/schema.sql'), join(fresh, 'spending/lib/schema.sql'));
    copyPrebuilds(fresh);
    writeFileSync(join(fresh, '.digest'), digest);
    swapIn(fresh, old, dist);
    return [sms, spending].flatMap(({ metafile }) => Object.keys(metafile.inputs));
  } finally {
    for (const folder of [fresh, old]) rmSync(folder, { recursive: true, force: true });
  }
}

/** Two runs may build at once. The later one replaces the other. */
function swapIn(fresh: string, old: string, dist: string): void {
  for (let tries = 1; ; tries += 1) {
    try {
      rmSync(old, { recursive: true, force: true });
      if (existsSync(dist)) renameSync(dist, old);
      renameSync(fresh, dist);
      return;
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (tries === 10 || !['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(String(code))) throw error;
    }
  }
}

/** better-sqlite3 looks for its binary next to the folder of its code. A container is always Linux. */
function copyPrebuilds(folder: string): void {
  const module = dirname(createRequire(import.meta.url).resolve('better-sqlite3/package.json'));
  mkdirSync(join(folder, 'spending/prebuilds'), { recursive: true });
  for (const name of ['linux-x64.node', 'linux-arm64.node']) {
    cpSync(join(module, 'prebuilds', name), join(folder, 'spending/prebuilds', name));
  }
}
