import type { Runtime } from '@spendwise/sandbox';
import { pickRuntime } from '@spendwise/sandbox/pick-runtime';
import { sandboxHost } from '../../cli/sandbox-host.ts';

/** Docker, Podman or bubblewrap, with what this clone makes for them; else a plain process, and `notice` says so. */
export const bestRuntime = (notice: (line: string) => void): Promise<Runtime> =>
  pickRuntime(
    { runtime: 'auto', unsandboxed: false, yes: false },
    process.env,
    { mention: notice },
    sandboxHost,
  );
