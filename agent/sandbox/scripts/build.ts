import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { bundleGateway } from '../images/bundle-gateway.ts';
import { sourceUrls } from './source-urls.ts';

// `npm pack` and `npm publish` run this. dist/ is for Node versions that cannot run our TypeScript, which none does
// below node_modules.
const HOME = fileURLToPath(new URL('..', import.meta.url));
const dist = join(HOME, 'dist');
rmSync(dist, { recursive: true, force: true });
await build({
  absWorkingDir: HOME,
  entryPoints: ['index.ts', 'cli/main.ts', 'program/packages/fetch-process.ts'],
  entryNames: '[name]',
  outdir: dist,
  bundle: true,
  // One file a command: what it does not need is not read.
  splitting: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node22',
  logLevel: 'warning',
  plugins: [sourceUrls(HOME, '..')],
});
await bundleGateway(join(dist, 'gateway'));
const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'));
execFileSync(process.execPath, [join(typescript, 'bin/tsc'), '-p', join(HOME, 'tsconfig.build.json')], {
  stdio: 'inherit',
});
