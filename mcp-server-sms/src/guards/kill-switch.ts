import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config.ts';

/** The reason to send nothing at all, or undefined. Checked before every send, so the file works without a restart. */
export function killSwitchProblem({
  killSwitch,
  stateDir,
}: Pick<Config, 'killSwitch' | 'stateDir'>): string | undefined {
  if (killSwitch) return 'the kill switch is on: SMS_KILL_SWITCH is 1';
  if (stateDir === undefined) return undefined;
  try {
    // Anything with that name counts, also a broken link.
    if (lstatSync(join(stateDir, 'STOP'), { throwIfNoEntry: false }) !== undefined)
      return 'the kill switch is on: there is a file STOP in SMS_STATE_DIR';
    // Only a readable folder proves that the file is missing.
    if (lstatSync(stateDir).isDirectory()) return undefined;
  } catch {
    // Reported below.
  }
  return 'the kill switch cannot be read in SMS_STATE_DIR';
}
