import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { z } from 'zod';

/** Names one start of one process on one machine: numbers are given again. */
export const ProcessIdentity = z.strictObject({
  host: z.string(),
  pid: z.number().int(),
  started: z.string(),
});
export type ProcessIdentity = z.infer<typeof ProcessIdentity>;

export const ownIdentity = (): ProcessIdentity => ({
  host: hostname(),
  pid: process.pid,
  started: startOf(process.pid),
});

/** Whether a process is certainly gone. Of another machine nobody can tell: then it is not. */
export function isGone({ host, pid, started }: ProcessIdentity): boolean {
  if (host !== hostname()) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return true;
  }
  const [state, ...rest] = statOf(pid);
  // Dead, and waiting for a parent that may never ask: where a container's first process is no init, for one.
  if (state === 'Z') return true;
  const now = rest[18] ?? '';
  return now !== '' && started !== '' && now !== started;
}

/** Clock ticks after boot at which a process started; empty where the system does not tell. */
const startOf = (pid: number): string => statOf(pid)[19] ?? '';

/** What Linux tells of a process, from its state on; empty where the system does not tell, or nobody is there. */
function statOf(pid: number): string[] {
  try {
    // The second field, a name, may hold anything; the state is the third, the start the 22nd.
    return /\) (.*)$/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]?.split(' ') ?? [];
  } catch {
    return [];
  }
}
