import { statSync } from 'node:fs';
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
    statSync(join(stateDir, 'STOP'));
  } catch (error) {
    // Only a file that is surely not there lets texts pass.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    return 'the kill switch cannot be read in SMS_STATE_DIR';
  }
  return 'the kill switch is on: there is a file STOP in SMS_STATE_DIR';
}
