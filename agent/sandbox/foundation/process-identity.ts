import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { z } from 'zod';

/** Identifies one process on one machine. The pid alone is not enough: pids are reused. */
export const ProcessIdentity = z.strictObject({
  host: z.string(),
  pid: z.number().int(),
  started: z.string(),
});
export type ProcessIdentity = z.infer<typeof ProcessIdentity>;

export const ownIdentity = (): ProcessIdentity => identityOf(process.pid);

/** Of a process that runs on this machine. */
export const identityOf = (pid: number): ProcessIdentity => ({
  host: hostname(),
  pid,
  started: startOf(pid),
});

/** Whether a process has certainly ended. False for processes of other machines: we cannot tell. */
export function isGone({ host, pid, started }: ProcessIdentity): boolean {
  if (host !== hostname()) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return true;
  }
  const [state, ...rest] = statOf(pid);
  // A zombie. It may stay for ever, for example when a container's first process is no init.
  if (state === 'Z') return true;
  const now = rest[18] ?? '';
  return now !== '' && started !== '' && now !== started;
}

/** Clock ticks after boot at which a process started; empty where the system does not tell. */
const startOf = (pid: number): string => statOf(pid)[19] ?? '';

/** The fields of `/proc/PID/stat` from the state on. Empty without such a process or without /proc. */
function statOf(pid: number): string[] {
  try {
    // The second field, a name, may hold anything; the state is the third, the start the 22nd.
    return /\) (.*)$/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]?.split(' ') ?? [];
  } catch {
    return [];
  }
}
