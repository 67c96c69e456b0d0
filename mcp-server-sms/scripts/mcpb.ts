import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packExtension } from '@anthropic-ai/mcpb';
import { build } from 'esbuild';
import { licencesOf } from './licences.ts';

/** `npm run mcpb [FOLDER]`: packs a bundle that desktop clients install by double click, without npm. */
const HOME = fileURLToPath(new URL('..', import.meta.url));
const out = resolve(process.argv[2] ?? join(HOME, 'dist-mcpb'));
const staging = join(out, 'staging');
const { name, version } = JSON.parse(readFileSync(join(HOME, 'mcpb/manifest.json'), 'utf8'));

rmSync(staging, { recursive: true, force: true });
mkdirSync(staging, { recursive: true });
const { metafile } = await build({
  absWorkingDir: HOME,
  entryPoints: { main: 'src/main.ts' },
  outdir: join(staging, 'server'),
  outExtension: { '.js': '.mjs' },
  bundle: true,
  splitting: true,
  minify: true,
  legalComments: 'none',
  metafile: true,
  platform: 'node',
  format: 'esm',
  target: 'node22',
  logLevel: 'warning',
  // CommonJS code in an ES module needs these two.
  banner: {
    js: `import { createRequire as __createRequire } from 'node:module';
const require = __createRequire(import.meta.url);
const __dirname = import.meta.dirname;`,
  },
});
writeFileSync(join(staging, 'THIRD-PARTY-LICENSES'), licencesOf(HOME, Object.keys(metafile.inputs)));
for (const file of ['LICENSE', 'README.md']) copyFileSync(join(HOME, file), join(staging, file));
copyFileSync(join(HOME, 'mcpb/manifest.json'), join(staging, 'manifest.json'));
const bundle = join(out, `${name}-${version}.mcpb`);
// Also checks the manifest.
if (!(await packExtension({ extensionPath: staging, outputPath: bundle, silent: true }))) process.exit(1);
rmSync(staging, { recursive: true });
process.stdout.write(`${bundle}\n`);
