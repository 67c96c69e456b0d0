import { readdirSync, readFileSync } from 'node:fs';

/** As much as a container of ours may have. */
const MAX_BYTES = 2 ** 30;
const LOOK_MS = 200;

/**
 * Calls `over` when the others in this process namespace hold more memory than a server may. No limit of the kernel's:
 * what is taken between two looks is taken.
 */
export function watchMemory(over: () => void): void {
  setInterval(() => {
    const others = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
    // What forks share is in each one's count. The exact measure takes longer, and only where a process lets us.
    if (total(others, resident) > MAX_BYTES && total(others, own) > MAX_BYTES) over();
  }, LOOK_MS).unref();
}

const total = (pids: readonly string[], measure: (pid: string) => number): number =>
  pids.reduce((sum, pid) => sum + measure(pid), 0);

const resident = (pid: string): number =>
  bytesIn(`/proc/${pid}/status`, /^Rss(?:Anon|Shmem):\s*(\d+) kB$/gm) ?? 0;

const own = (pid: string): number =>
  bytesIn(`/proc/${pid}/smaps_rollup`, /^Pss_(?:Anon|Shmem):\s*(\d+) kB$/gm) ?? resident(pid);

/** The sum of what the pattern finds; undefined for a process that has ended or cannot be looked at. */
function bytesIn(file: string, pattern: RegExp): number | undefined {
  try {
    const found = [...readFileSync(file, 'utf8').matchAll(pattern)];
    return found.reduce((sum, [, kilobytes]) => sum + Number(kilobytes) * 1024, 0);
  } catch {
    return undefined;
  }
}
