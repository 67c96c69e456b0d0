import { NotConfigured } from '../../errors.ts';
import { processRuntime } from './process.ts';
import type { Runtime, RuntimeKind } from './runtime.ts';

export const RUNTIME_CHOICES = ['docker', 'bubblewrap', 'process', 'auto'] as const;
export type RuntimeChoice = (typeof RUNTIME_CHOICES)[number];

const BUILT: readonly RuntimeKind[] = ['process'];

/** The runtime that was asked for, or the strongest there is. Throws NotConfigured when it cannot be had. */
export function chooseRuntime(choice: RuntimeChoice, options: { unsandboxed: boolean }): Runtime {
  if (choice !== 'auto' && !BUILT.includes(choice)) {
    throw new NotConfigured(`the ${choice} runtime is not built yet`, `use --runtime ${BUILT.join(' or ')}`);
  }
  return processRuntime(options);
}
