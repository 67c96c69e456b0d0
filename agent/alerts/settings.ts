import { NotConfigured } from '@spendwise/sandbox/errors';
import { parseQuietHours, type QuietHours } from 'mcp-server-sms/agreement';
import { type Environment, variable } from '../settings/environment.ts';
import { DEFAULT_THRESHOLDS, parseThresholds, type Threshold } from './thresholds.ts';

export interface AlertSettings {
  readonly thresholds: readonly Threshold[];
  /** Without a zone, the time zone of the database applies. */
  readonly quietHours: QuietHours | undefined;
}

/** `SPENDWISE_THRESHOLDS` and `SPENDWISE_QUIET_HOURS`. Throws NotConfigured, naming the variable. */
export function alertSettings(environment: Environment): AlertSettings {
  const [levels, quiet] = ['SPENDWISE_THRESHOLDS', 'SPENDWISE_QUIET_HOURS'].map((name) =>
    variable(environment, name),
  );
  const thresholds = levels === undefined ? DEFAULT_THRESHOLDS : parseThresholds(levels);
  if (thresholds === undefined) {
    throw new NotConfigured(
      'SPENDWISE_THRESHOLDS is not a list of thresholds',
      'use percent from 1 to 100, `over` and `forecast`, such as 50,80,100,over,forecast',
    );
  }
  const quietHours = quiet === undefined ? undefined : parseQuietHours(quiet);
  if (quiet !== undefined && quietHours === undefined) {
    throw new NotConfigured(
      'SPENDWISE_QUIET_HOURS is not a time range',
      'use a range such as 22:00-07:00, or with a time zone: 22:00-07:00 Europe/Zurich',
    );
  }
  return { thresholds, quietHours };
}
