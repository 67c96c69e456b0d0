import { realpathSync } from 'node:fs';
import { NotConfigured, SpendwiseError } from '../foundation/errors.ts';
import type { Code } from '../plan/launch-plan.ts';
import { GUARDS, type Runtime } from '../plan/runtime.ts';
import type { RuntimeChoice } from '../plan/runtime-names.ts';
import type { ContainerImages } from './docker/docker.ts';
import { processRuntime } from './process.ts';

export interface ChooseOptions {
  readonly unsandboxed: boolean;
  /** Finds or builds the images; throws a SpendwiseError when there is no engine or they cannot be made. */
  readonly prepareImages: () => Promise<ContainerImages>;
  /** Finds or makes the bundles, where there are no images to run them from. */
  readonly prepareBundles: () => Promise<{ gateway: string; local: ReadonlyMap<string, Code> }>;
  /** Where it is remembered that bubblewrap works here: without, it is tried out each time. */
  readonly stateDir?: string;
  /** Told why `auto` did not take Docker, and what is lost. */
  readonly notice: (line: string) => void;
}

/** The runtime that was asked for, or the strongest there is. Throws NotConfigured when it is not available. */
export async function chooseRuntime(choice: RuntimeChoice, options: ChooseOptions): Promise<Runtime> {
  const { prepareImages, notice } = options;
  if (choice === 'process') return processRuntime(options);
  if (choice === 'bubblewrap') return bubblewrap(options);
  const docker = await attempt(async () => {
    const { describeEngine } = await import('./docker/engine-traits.ts');
    // In parallel: the engine answers before the images are ready, and the rest is loaded meanwhile.
    const [images, traits, { dockerRuntime }] = await Promise.all([
      prepareImages(),
      describeEngine(),
      import('./docker/docker.ts'),
    ]);
    const unlimited = GUARDS.filter((guard) => !traits.guards.has(guard));
    if (unlimited.length > 0) notice(`this engine sets no limit on ${unlimited.join(', ')}`);
    return dockerRuntime({ images, traits });
  });
  if ('runtime' in docker) return docker.runtime;
  if (choice === 'docker') {
    const { message, hint } = docker.error;
    throw new NotConfigured(`the docker runtime is not available: ${message}`, hint, docker.error);
  }
  const inBubblewrap = await attempt(() => bubblewrap(options));
  if ('runtime' in inBubblewrap) {
    notice(`no Docker (${docker.error.message}): using bubblewrap, which does not limit memory and CPU`);
    return inBubblewrap.runtime;
  }
  notice(
    `no Docker (${docker.error.message}): falling back to plain processes, without a boundary; ` +
      inBubblewrap.error.message,
  );
  return processRuntime(options);
}

async function bubblewrap({ prepareBundles, stateDir }: ChooseOptions): Promise<Runtime> {
  const { requireBubblewrap } = await import('./bubblewrap/probe.ts');
  // In parallel: the rest is loaded while the trial runs.
  const [bwrap, bundles, { bubblewrapRuntime }] = await Promise.all([
    requireBubblewrap(stateDir),
    prepareBundles(),
    import('./bubblewrap/bubblewrap.ts'),
  ]);
  return bubblewrapRuntime({ ...bundles, bwrap, node: realpathSync(process.execPath) });
}

/** Returns errors that the user can fix. Any other error is a bug and is thrown. */
async function attempt(
  make: () => Promise<Runtime>,
): Promise<{ runtime: Runtime } | { error: SpendwiseError }> {
  try {
    return { runtime: await make() };
  } catch (error) {
    if (error instanceof SpendwiseError) return { error };
    throw error;
  }
}
