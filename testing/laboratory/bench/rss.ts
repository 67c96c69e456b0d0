import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { setInterval } from 'node:timers/promises';

/** The Node process among whose words are these, wherever on this machine it runs. */
export function processOf(...words: string[]): number {
  for (const name of readdirSync('/proc')) {
    const [program = '', ...args] = contentOf(`/proc/${name}/cmdline`).split('\0');
    const isIt = words.every((word) => args.some((arg) => arg.includes(word)));
    if (/^\d+$/.test(name) && basename(program) === 'node' && isIt) return Number(name);
  }
  throw new Error(`no process with ${words.join(' ')}`);
}

/** In bytes. */
export const rss = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(contentOf(`/proc/${pid}/status`))?.[1]) * 1024;

/** In bytes, each page divided by how many processes have it: what this one adds to the machine. */
export const proportional = (pid: number): number =>
  Number(/^Pss:\s+(\d+) kB/m.exec(contentOf(`/proc/${pid}/smaps_rollup`))?.[1]) * 1024;

/** The most that each of them had in the meantime. */
export async function peakWhile(pids: readonly number[], work: () => Promise<void>): Promise<number[]> {
  const peaks = pids.map(rss);
  const over = new AbortController();
  const watching = (async () => {
    for await (const _ of setInterval(20, undefined, { signal: over.signal }))
      for (const [index, pid] of pids.entries()) peaks[index] = Math.max(peaks[index] ?? 0, rss(pid) || 0);
  })().catch(() => {});
  await work();
  over.abort();
  await watching;
  return peaks;
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Gone in the meantime, or not a process.
    return '';
  }
}
