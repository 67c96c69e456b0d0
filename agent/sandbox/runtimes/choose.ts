import { NotConfigured, SpendwiseError } from '../../errors.ts';
import { type ContainerImages, dockerRuntime } from './docker.ts';
import { processRuntime } from './process.ts';
import type { Runtime } from './runtime.ts';

export const RUNTIME_CHOICES = ['docker', 'bubblewrap', 'process', 'auto'] as const;
export type RuntimeChoice = (typeof RUNTIME_CHOICES)[number];

export interface ChooseOptions {
  readonly unsandboxed: boolean;
  /** Finds or builds the images; throws a SpendwiseError when there is no engine or they cannot be made. */
  readonly prepareImages: () => Promise<ContainerImages>;
  /** Told why `auto` did not take Docker, and what is lost. */
  readonly notice: (line: string) => void;
}

/** The runtime that was asked for, or the strongest there is. Throws NotConfigured when it cannot be had. */
export async function chooseRuntime(choice: RuntimeChoice, options: ChooseOptions): Promise<Runtime> {
  const { prepareImages, notice } = options;
  if (choice === 'bubblewrap') {
    throw new NotConfigured(
      'the bubblewrap runtime is not built yet',
      'use --runtime docker or --runtime process',
    );
  }
  if (choice === 'process') return processRuntime(options);
  try {
    return dockerRuntime({ images: await prepareImages() });
  } catch (error) {
    if (!(error instanceof SpendwiseError)) throw error;
    if (choice === 'docker') {
      throw new NotConfigured(`the docker runtime cannot be had: ${error.message}`, error.hint, error);
    }
    notice(`no Docker (${error.message}): falling back to plain processes, without a boundary`);
    return processRuntime(options);
  }
}
