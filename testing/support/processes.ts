import { readFileSync } from 'node:fs';

/** Whether a process runs. One that is dead but not yet reaped by its parent does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    // No /proc here (macOS): the signal's word stands.
    return process.platform !== 'linux';
  }
}
