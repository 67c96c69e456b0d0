import { join } from 'node:path';
import { NotConfigured } from '../errors.ts';
import { programOf } from './launch-plan.ts';
import type { MCPManifest } from './manifest.ts';
import { type FetchOptions, fetchPackage } from './packages/fetch.ts';
import type { Program, Runtime } from './runtimes/runtime.ts';

/** Where fetched packages are kept. */
export const packageCache = (stateDir: string): string => join(stateDir, 'packages');

export interface Prepared {
  readonly program: Program;
  /** Of the code or image that this runtime would run: a grant is bound to it. */
  readonly digest: string;
  /** What may go wrong for a reason that the server itself cannot know. */
  readonly warnings: readonly string[];
}

/**
 * Makes ready what a manifest says to run: a published package is fetched, an image pulled. After that the server needs
 * no registry. Throws NotConfigured or Failed.
 */
export async function prepareProgram(
  manifest: MCPManifest,
  runtime: Runtime,
  options: FetchOptions,
): Promise<Prepared> {
  const own = programOf(manifest);
  if (own.image !== undefined || own.code !== undefined)
    return { program: own, digest: await runtime.identify(own, options.notice), warnings: [] };
  const { packageName: name, packageVersion: version, integrity, tarball } = manifest;
  if (manifest.registry !== 'npm' || version === undefined) {
    throw new NotConfigured(
      `${manifest.name}: its manifest does not say what to run`,
      'give packageVersion, or image, or codeMount and execCommand',
    );
  }
  const wanted = { name, version, integrity, tarball };
  const { code, withScripts } = await fetchPackage(wanted, runtime.platform, options);
  const program = { image: undefined, code };
  const warnings = withScripts.map(
    (part) =>
      `${part} has an install script, which was not run: what it would have built or fetched is missing`,
  );
  for (const warning of warnings) options.notice(`${manifest.name}: ${warning}`);
  return { program, digest: await runtime.identify(program, options.notice), warnings };
}
