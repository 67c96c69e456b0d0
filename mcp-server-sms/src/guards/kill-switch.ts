import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config.ts';

/** Why nothing may be sent at all, or undefined. Looked at before every send: a file needs no restart. */
export function killSwitchProblem({
  killSwitch,
  stateDir,
}: Pick<Config, 'killSwitch' | 'stateDir'>): string | undefined {
  if (killSwitch) return 'the kill switch is on: SMS_KILL_SWITCH is 1';
  if (stateDir === undefined) return undefined;
  try {
    // Anything of that name: of a link, the link itself. Where it leads may be gone, or out of our reach.
    if (lstatSync(join(stateDir, 'STOP'), { throwIfNoEntry: false }) !== undefined)
      return 'the kill switch is on: there is a file STOP in SMS_STATE_DIR';
    // Only a file that is surely not there lets texts pass: without its folder nobody can tell.
    if (lstatSync(stateDir).isDirectory()) return undefined;
  } catch {
    // Said below.
  }
  return 'the kill switch cannot be read in SMS_STATE_DIR';
}
