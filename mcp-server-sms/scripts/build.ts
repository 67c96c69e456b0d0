import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

// `npm pack` and `npm publish` run this. dist/ is for Node versions that cannot run our TypeScript.
const HOME = fileURLToPath(new URL('..', import.meta.url));
const dist = join(HOME, 'dist');
rmSync(dist, { recursive: true, force: true });
await build({
  absWorkingDir: HOME,
  entryPoints: ['src/main.ts', 'src/index.ts', 'src/config.ts', 'src/agreement.ts'],
  outdir: dist,
  bundle: true,
  splitting: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node22',
  logLevel: 'warning',
});
const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'));
execFileSync(process.execPath, [join(typescript, 'bin/tsc'), '-p', join(HOME, 'tsconfig.build.json')], {
  stdio: 'inherit',
});
