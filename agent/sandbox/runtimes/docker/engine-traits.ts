import { z } from 'zod';
import { Failed } from '../../foundation/errors.ts';
import { GUARDS, type Guard } from '../../plan/runtime.ts';
import { dockerCommand } from './docker-command.ts';

/** What an engine can, and whose its users are. */
export interface EngineTraits {
  /**
   * Who a container's user is outside. `machine`: who has the same id. `kept`: the person is, others are nobody (rootless
   * Podman, asked to). `shifted`: root inside is the person, others are nobody (rootless Docker, or ids mapped anew).
   */
  readonly ids: 'machine' | 'kept' | 'shifted';
  readonly guards: ReadonlySet<Guard>;
}

/** An engine of root's. */
export const ROOTS_ENGINE: EngineTraits = { ids: 'machine', guards: new Set(GUARDS) };

const Docker = z.object({
  SecurityOptions: z.array(z.string()).nullish(),
  MemoryLimit: z.boolean().nullish(),
  PidsLimit: z.boolean().nullish(),
  CpuCfsQuota: z.boolean().nullish(),
});

const Podman = z.object({
  host: z.object({
    cgroupVersion: z.string(),
    cgroupControllers: z.array(z.string()).nullish(),
    security: z.object({ rootless: z.boolean() }),
  }),
});

/** Asks the engine, unless root does: that one is root's own. Throws a SpendwiseError when there is no answer. */
export async function describeEngine(): Promise<EngineTraits> {
  if (process.getuid?.() === 0) return ROOTS_ENGINE;
  return engineFrom(await dockerCommand(['info', '--format', '{{json .}}']));
}

/** From what `docker info` or `podman info` prints as JSON. */
export function engineFrom(info: string): EngineTraits {
  const parsed = z.union([Podman, Docker]).safeParse(parse(info));
  if (!parsed.success) {
    throw new Failed('the engine did not describe itself', 'see what `docker info` prints', parsed.error);
  }
  const answer = parsed.data;
  if (!('host' in answer)) {
    const shifted = answer.SecurityOptions?.some((option) => /^name=(rootless|userns)\b/.test(option));
    return {
      ids: shifted ? 'shifted' : 'machine',
      guards: without([
        ...(answer.MemoryLimit === false ? ['memory' as const] : []),
        ...(answer.PidsLimit === false ? ['processes' as const] : []),
        ...(answer.CpuCfsQuota === false ? ['cpu' as const] : []),
      ]),
    };
  }
  const { cgroupVersion, cgroupControllers, security } = answer.host;
  if (!security.rootless) return ROOTS_ENGINE;
  // With the first version of cgroups, only root can set limits.
  const has = (name: string) => cgroupVersion === 'v2' && cgroupControllers?.includes(name);
  return {
    ids: 'kept',
    guards: without([
      ...(has('memory') ? [] : ['memory' as const]),
      ...(has('pids') ? [] : ['processes' as const]),
      ...(has('cpu') ? [] : ['cpu' as const]),
    ]),
  };
}

const without = (missing: readonly Guard[]): ReadonlySet<Guard> =>
  new Set(GUARDS.filter((guard) => !missing.includes(guard)));

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
