import { type Environment, stateDir } from '../foundation/environment.ts';
import { ours, type Shown } from '../foundation/shown/shown.ts';
import type { Runtime } from '../plan/runtime.ts';
import type { RuntimeChoice } from '../plan/runtime-names.ts';
import { chooseRuntime } from '../runtimes/index.ts';
import type { Host } from '../terminal/host.ts';
import type { Theme } from '../terminal/theme.ts';
import type { HostProgram } from './host-program.ts';

export interface SessionFlags {
  readonly yes: boolean;
  readonly runtime: RuntimeChoice;
  readonly unsandboxed: boolean;
}

/** The runtime of the flags, with the images of the program. */
export function pickRuntime(
  flags: SessionFlags,
  environment: Environment,
  { mention: notice, busy }: Partial<Pick<Host, 'busy'>> & Pick<Host, 'mention'>,
  program: HostProgram,
): Promise<Runtime> {
  const choosing = chooseRuntime(flags.runtime, {
    unsandboxed: flags.unsandboxed,
    prepareImages: () => program.prepareImages(environment, notice),
    prepareBundles: program.prepareBundles,
    stateDir: stateDir(environment),
    notice,
  });
  busy?.('preparing the sandbox', choosing);
  return choosing;
}

/** In red, so that nobody mistakes a plain process for a sandbox. */
export function sayIfNotSandboxed(runtime: Runtime, theme: Theme, say: (line: Shown) => void): void {
  if (runtime.isolated) return;
  say(theme.alarm(ours`NOT A SANDBOX: the MCP servers run as plain processes.`));
  say(
    theme.alarm(
      ours`They get only the variables that were granted, but reach every file and host that you can.`,
    ),
  );
}
