import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isAlive } from './processes.ts';
import { REPO } from './run.ts';

/** Waits for the turn of this process at what test files must not do at the same time. Call what it returns afterwards. */
export async function turnAt(what: string): Promise<() => void> {
  const folder = join(REPO, 'node_modules/.cache');
  const lock = join(folder, `turn-${what}`);
  mkdirSync(folder, { recursive: true });
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      return () => rmSync(lock, { force: true });
    } catch {
      const holder = Number(textOf(lock));
      if (holder > 0 && !isAlive(holder)) rmSync(lock, { force: true });
      await delay(100);
    }
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // Its holder is ready.
    return '';
  }
}
