import type { Runtime } from '@spendwise/sandbox';
import type { RuntimeChoice } from '@spendwise/sandbox/runtime-names';
import { chooseRuntime } from '@spendwise/sandbox/runtimes';
import { ours, type Shown } from '@spendwise/sandbox/shown';
import type { Environment } from '../settings/environment.ts';
import type { Theme } from './terminal/theme.ts';

export interface SessionFlags {
  readonly yes: boolean;
  readonly runtime: RuntimeChoice;
  readonly unsandboxed: boolean;
}

export const pickRuntime = (
  flags: SessionFlags,
  environment: Environment,
  notice: (line: string) => void,
): Promise<Runtime> =>
  chooseRuntime(flags.runtime, {
    unsandboxed: flags.unsandboxed,
    // Imported only if needed: esbuild is slow to load.
    prepareImages: async () => (await import('../images/images.ts')).prepareImages(environment, notice),
    prepareBundles: async () => (await import('../images/bundles.ts')).prepareBundles(),
    notice,
  });

/** In red, so that nobody mistakes a plain process for a sandbox. */
export function sayIfNotSandboxed(runtime: Runtime, theme: Theme, say: (line: Shown) => void): void {
  if (runtime.isolated) return;
  say(theme.alarm(ours`NOT A SANDBOX: the MCP servers run as plain processes. Their environment is`));
  say(theme.alarm(ours`scrubbed; files and network are not: they can open whatever you can.`));
}
