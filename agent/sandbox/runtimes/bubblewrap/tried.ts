import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readStateFile, stateFolderIfThere } from '../../foundation/state-folder.ts';

const FILE = 'bubblewrap-tried';

/**
 * What a trial's result depends on: the words of the trial, bwrap itself, the boot of this machine, who we are, where
 * programs are looked for, and the machine's `switches`. A changed file has another ctime, which nobody can set.
 */
export function trialKey(bwrap: string, words: readonly string[], switches: readonly unknown[]): string {
  const { dev, ino, size, mtimeNs, ctimeNs } = statSync(bwrap, { bigint: true });
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8');
  const parts = [dev, ino, size, mtimeNs, ctimeNs].map(String);
  const us = [process.getuid?.(), process.getgid?.(), process.env.PATH];
  return createHash('sha256')
    .update(JSON.stringify([parts, words, boot, us, switches]))
    .digest('hex');
}

/**
 * Whether this trial went well before. No guard rests on it: a trial says beforehand, and in better words, what would
 * keep a pod from being made, and a pod that cannot be made is not started.
 */
export function wentWell(stateDir: string, key: string): boolean {
  try {
    return stateFolderIfThere(stateDir) !== undefined && readStateFile(join(stateDir, FILE)) === key;
  } catch {
    return false;
  }
}

/** Makes no state folder: nobody may have agreed to anything yet. */
export function rememberThatItWentWell(stateDir: string, key: string): void {
  const temporary = join(stateDir, `${FILE}.${randomBytes(4).toString('hex')}.tmp`);
  try {
    if (stateFolderIfThere(stateDir) === undefined) return;
    writeFileSync(temporary, key, { flag: 'wx', mode: 0o600 });
    renameSync(temporary, join(stateDir, FILE));
  } catch {
    // Then it is tried again next time.
    rmSync(temporary, { force: true });
  }
}
