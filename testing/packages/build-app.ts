import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sourceUrls } from '@spendwise/sandbox/source-urls';
import { build } from 'esbuild';
import { bundle } from '../../agent/images/bundle.ts';
import { sourcesDigest } from '../../agent/images/bundles.ts';
import { bundleScript, SCRIPTS } from '../../agent/pages/script.ts';
import { licencesOf } from '../../mcp-server-sms/scripts/licences.ts';

// `npm pack` and `npm publish` run this. Node runs no TypeScript below node_modules, and nobody who installs the app has
// the two packages of this clone: what it uses of them is bundled in.
const HOME = fileURLToPath(new URL('../..', import.meta.url));
const out = join(HOME, 'dist-app');
const { dependencies } = JSON.parse(readFileSync(join(HOME, 'package.json'), 'utf8'));
rmSync(out, { recursive: true, force: true });
const { metafile } = await build({
  absWorkingDir: HOME,
  entryPoints: {
    main: 'agent/cli/main.ts',
    demo: 'testing/demo/main.ts',
    'spending-server': 'agent/spending/server.ts',
    'fetch-process': 'agent/sandbox/program/packages/fetch-process.ts',
  },
  outdir: out,
  bundle: true,
  // One file a command: what it does not need is not read.
  splitting: true,
  conditions: ['spendwise-source'],
  // The bundles of servers are made below: what makes them is not needed any more.
  external: [...Object.keys(dependencies), 'esbuild'],
  platform: 'node',
  format: 'esm',
  target: 'node26',
  metafile: true,
  logLevel: 'warning',
  plugins: [sourceUrls(HOME, '..')],
});
const bundled = await bundle(join(out, 'dist'), sourcesDigest());
// After what empties its folder.
mkdirSync(join(out, 'dist/pages'), { recursive: true });
for (const name of SCRIPTS) writeFileSync(join(out, 'dist/pages', `${name}.js`), await bundleScript(name));
// Without an image, the SMS server's code is its bundle.
const { $schema: _, ...manifest } = JSON.parse(
  readFileSync(join(HOME, 'mcp-server-sms/sandbox.json'), 'utf8'),
);
const code = { codeMount: './sms', execCommand: ['node', 'server.mjs'] };
writeFileSync(join(out, 'dist/sms.json'), `${JSON.stringify({ ...manifest, ...code }, null, 2)}\n`);
writeFileSync(
  join(out, 'THIRD-PARTY-LICENSES'),
  licencesOf(HOME, [...Object.keys(metafile.inputs), ...bundled]),
);
