import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';

const GATEWAY = fileURLToPath(new URL('../gateway', import.meta.url));

/** For programs that run in sandboxes: folders that need nothing beside them. */
export const PAYLOAD: BuildOptions = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  // The oldest Node that may run it. The official image has a newer one.
  target: 'node22',
  outExtension: { '.js': '.mjs' },
  splitting: true,
  minifySyntax: true,
  legalComments: 'none',
  logLevel: 'warning',
};

/** The relay and its scripts, as the context of the gateway's image. */
export async function bundleGateway(folder: string): Promise<void> {
  await build({ ...PAYLOAD, entryPoints: [join(GATEWAY, 'relay.ts')], outdir: folder });
  for (const script of ['Dockerfile', 'gateway.sh', 'gateway-bubblewrap.sh'])
    copyFileSync(join(GATEWAY, script), join(folder, script));
}
