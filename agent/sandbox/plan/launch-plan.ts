import type { Consented } from '../consent/consent.ts';
import { DevMCPManifest, type MCPManifest } from '../manifest/manifest.ts';
import type { EgressOverride, LaunchPlan, Program } from './runtime.ts';

/** What a server gets: of the operator's environment only the variables that were granted and have a value. */
export function launchPlan(
  manifest: MCPManifest,
  { granted, refused }: Consented,
  operatorEnv: Readonly<Record<string, string | undefined>>,
  overrides: readonly EgressOverride[] = [],
  program: Program = programOf(manifest),
): LaunchPlan {
  const env: Record<string, string> = {};
  for (const permission of granted) {
    const value = permission.type === 'env' ? operatorEnv[permission.name] : undefined;
    if (permission.type === 'env' && value) env[permission.name] = value;
  }
  return { manifest, program, granted, refused, env, overrides };
}

/** What a manifest itself says to run; a published package has to be fetched first. */
export const programOf = (manifest: MCPManifest): Program => ({
  image: manifest.image,
  code:
    manifest instanceof DevMCPManifest
      ? { folder: manifest.codeMount, command: manifest.execCommand }
      : undefined,
});
