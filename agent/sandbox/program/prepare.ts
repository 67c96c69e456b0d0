import { NotConfigured } from '../foundation/errors.ts';
import type { MCPManifest } from '../manifest/manifest.ts';
import { type Code, type Program, programOf } from '../plan/launch-plan.ts';
import type { PythonTarget, Runtime } from '../plan/runtime.ts';
import { readInPlace, snapshot } from './code-snapshot.ts';
import type { FetchOptions } from './packages/cache.ts';
import { fetchPackage } from './packages/fetch.ts';
import { fetchWheels } from './packages/python/fetch.ts';

export interface Prepared {
  readonly program: Program;
  /** Of the code or image that this runtime would run: a grant is bound to it. */
  readonly digest: string;
  /** What may go wrong for a reason that the server itself cannot know. */
  readonly warnings: readonly string[];
}

/** How a server's program is made ready, and what that brings onto this machine: the person is asked about it first. */
export interface ProgramSource {
  /** In words; undefined when all of it is here. */
  readonly fetched: string | undefined;
  /** Touches what is a stranger's: not before consent. Throws NotConfigured or Failed. */
  readonly prepare: () => Promise<Prepared>;
}

export const programSource = (
  manifest: MCPManifest,
  runtime: Runtime,
  options: FetchOptions,
): ProgramSource => ({
  fetched: fetchedFor(manifest, runtime),
  prepare: () => {
    const preparing = prepareProgram(manifest, runtime, options);
    options.busy?.(`preparing ${manifest.name}`, preparing);
    return preparing;
  },
});

function fetchedFor(manifest: MCPManifest, runtime: Runtime): string | undefined {
  const { image, code } = programOf(manifest);
  if (image !== undefined) {
    const pulled = runtime.ownImages !== undefined && !runtime.ownImages.has(image);
    return pulled ? `the image ${image}, from its registry` : undefined;
  }
  const { codeImage } = manifest;
  const pulled = runtime.ownImages !== undefined && codeImage?.includes('@sha256:');
  const forCode = pulled ? `the image ${codeImage} for its code, from its registry` : undefined;
  if (code !== undefined) return forCode;
  const { packageName, packageVersion, tarball } = manifest;
  const what = tarball === undefined ? `${packageName} ${packageVersion}` : tarball;
  const from = manifest.registry === 'pypi' ? 'Python index, in wheels only' : 'npm registry';
  const packages = `${what}, and the packages it depends on from your ${from}`;
  return forCode === undefined ? packages : `${packages}; and ${forCode}`;
}

/**
 * Makes ready what a manifest says to run: a published package is fetched, an image pulled, code copied. After that the
 * server needs no registry, and what runs is what the digest is over. Throws NotConfigured or Failed.
 */
async function prepareProgram(
  manifest: MCPManifest,
  runtime: Runtime,
  options: FetchOptions,
): Promise<Prepared> {
  const own = programOf(manifest);
  if (own.image !== undefined || own.code !== undefined) {
    const program = { ...own, code: own.code && readied(own.code, own.image, runtime, options.stateDir) };
    return { program, digest: await runtime.identify(program, options.notice), warnings: [] };
  }
  const { packageName: name, packageVersion: version, integrity, tarball } = manifest;
  if (manifest.registry === 'oci' || version === undefined) {
    throw new NotConfigured(
      `${manifest.name}: its manifest does not say what to run`,
      'add packageVersion, or image, or codeMount and execCommand',
    );
  }
  if (manifest.registry === 'pypi') {
    const { codeImage: image, program: script } = manifest;
    const target = await pythonOf(runtime, image, options);
    const code = await fetchWheels({ name, version, integrity, program: script }, target, options);
    const program = { image: undefined, code: { ...code, image } };
    return { program, digest: await runtime.identify(program, options.notice), warnings: [] };
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

async function pythonOf(
  { kind, python }: Runtime,
  image: string | undefined,
  { notice }: FetchOptions,
): Promise<PythonTarget> {
  if (python !== undefined) return python(image, notice);
  throw new NotConfigured(`the ${kind} runtime cannot run Python packages`, 'use --runtime docker');
}

/** A sandbox gets a snapshot; where there is an image besides, it does not run the code. A plain process runs it in place. */
function readied(code: Code, image: string | undefined, { isolated }: Runtime, stateDir: string): Code {
  if (!isolated) return readInPlace(code, stateDir);
  return image === undefined ? snapshot(code, stateDir) : code;
}
