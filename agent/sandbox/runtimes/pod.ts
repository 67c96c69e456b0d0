import { endsTls, trustVariables } from '../broker/trust.ts';
import { secretVariable } from '../manifest/http-rules.ts';
import type { LaunchPlan } from '../plan/launch-plan.ts';

/** The largest file that a server may write into a granted folder. */
export const MAX_FILE_BYTES = 2 ** 30;

/** Arguments of the relay: the ports to listen on, and the address of each name in the pod. */
export const gatewayWords = (ports: readonly number[], addresses: ReadonlyMap<string, string>): string[] => [
  ...ports.map(String),
  ...[...addresses].map(([name, address]) => `${name}=${address}`),
];

/** The container sees this instead of a credential; the broker inserts the real one. */
export const PLACEHOLDER = 'placeholder-the-broker-puts-the-real-one-in';

/**
 * The granted variables, with a placeholder for the secret of each credential; and the variables that name the run's
 * authority, where the broker ends TLS.
 */
export function workloadEnvironment({ granted, env }: LaunchPlan): Record<string, string> {
  const secrets = new Set(
    granted.flatMap((p) =>
      p.type === 'domain' && p.http?.credential ? [secretVariable(p.http.credential)] : [],
    ),
  );
  const variables = Object.entries(env).map(([name, value]) => [
    name,
    secrets.has(name) ? PLACEHOLDER : value,
  ]);
  return { ...Object.fromEntries(variables), ...(endsTls(granted) ? trustVariables(granted) : {}) };
}
