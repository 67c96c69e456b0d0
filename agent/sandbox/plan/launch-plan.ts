import { ConsentMissing } from '../foundation/errors.ts';
import { DevMCPManifest, type MCPManifest } from '../manifest/manifest.ts';
import type { RuntimePermission } from '../manifest/permissions.ts';
import type { Diversion } from './egress.ts';

/** A folder of code on this machine, and the command that starts the server in it. */
export interface Code {
  readonly folder: string;
  readonly command: readonly [string, ...string[]];
  /** Where it is to run, for runtimes that have images: else in the plain Node image. */
  readonly image?: string | undefined;
  /** Set for packages: a digest over the integrity of each part, known without reading the code. */
  readonly digest?: string;
  /** The folder that the manifest names, where `folder` is a snapshot of it. */
  readonly source?: string;
}

/** What to start. Runtimes with images prefer the image; the others need the code. */
export interface Program {
  readonly image: string | undefined;
  readonly code: Code | undefined;
}

/** All that a runtime needs to start one server. Holds only what was granted. */
export interface LaunchPlan {
  readonly manifest: MCPManifest;
  readonly program: Program;
  readonly granted: readonly RuntimePermission[];
  readonly refused: readonly RuntimePermission[];
  /** Granted variables that have a value. Secret: never in argv, logs or errors. */
  readonly env: Readonly<Record<string, string>>;
  readonly diversions: readonly Diversion[];
}

/** Takes only variables that were granted and have a value from the operator's environment. */
export function launchPlan(
  manifest: MCPManifest,
  { granted, refused }: Pick<LaunchPlan, 'granted' | 'refused'>,
  operatorEnv: Readonly<Record<string, string | undefined>>,
  diversions: readonly Diversion[] = [],
  program: Program = programOf(manifest),
): LaunchPlan {
  const env: Record<string, string> = {};
  // #region env
  for (const permission of granted) {
    const value = permission.type === 'env' ? operatorEnv[permission.name] : undefined;
    if (permission.type === 'env' && value) env[permission.name] = value;
  }
  // #endregion
  return { manifest, program, granted, refused, env, diversions };
}

/** The program that a manifest names. A published package must be fetched first. */
export const programOf = (manifest: MCPManifest): Program => ({
  image: manifest.image,
  code:
    manifest instanceof DevMCPManifest
      ? { folder: manifest.codeMount, command: manifest.execCommand, image: manifest.codeImage }
      : undefined,
});

/** Throws ConsentMissing when the folder of the code was asked for as well, and refused. */
export function assertCodeGranted({ manifest, refused }: LaunchPlan, { folder, source }: Code): void {
  if (!refused.some((p) => p.type === 'fs' && p.path === (source ?? folder))) return;
  throw new ConsentMissing(
    `${manifest.name} is not started: you refused its code`,
    'grant it to start the server',
  );
}
