import type { Consented } from './consent.ts';
import type { MCPManifest } from './manifest.ts';
import type { EgressOverride, LaunchPlan } from './runtimes/runtime.ts';

/** What a server gets: of the operator's environment only the variables that were granted and have a value. */
export function launchPlan(
  manifest: MCPManifest,
  { granted, refused }: Consented,
  operatorEnv: Readonly<Record<string, string | undefined>>,
  overrides: readonly EgressOverride[] = [],
): LaunchPlan {
  const env: Record<string, string> = {};
  for (const permission of granted) {
    const value = permission.type === 'env' ? operatorEnv[permission.name] : undefined;
    if (permission.type === 'env' && value) env[permission.name] = value;
  }
  return { manifest, granted, refused, env, overrides };
}
