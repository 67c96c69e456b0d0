import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DIST, HOME, isClone } from '../settings/installation.ts';

/** The scripts of our pages: `browser/NAME.ts`. */
export type ScriptName = 'run' | 'inbox';
export const SCRIPTS: readonly ScriptName[] = ['run', 'inbox'];

/** Bundled JavaScript. A clone bundles it now; a package was packed with it. */
export async function scriptOf(name: ScriptName): Promise<string> {
  if (!isClone) return readFileSync(join(DIST, 'pages', `${name}.js`), 'utf8');
  return bundleScript(name);
}

export async function bundleScript(name: ScriptName): Promise<string> {
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    // Else the folder that the process was in when esbuild was loaded: it may be gone.
    absWorkingDir: HOME,
    entryPoints: [join(HOME, 'agent/pages/browser', `${name}.ts`)],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
  });
  return outputFiles[0]?.text ?? '';
}
