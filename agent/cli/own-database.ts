import { err } from '@spendwise/sandbox/screen';
import { ours, shown } from '@spendwise/sandbox/shown';
import { databasePath, type Environment, loadEnvironment } from '../settings/environment.ts';
import {
  changeDatabase,
  readDatabase,
  type SpendingDatabase,
  takeBackHalfChange,
} from '../spending/database.ts';
import { upgradeDatabase } from '../spending/upgrade.ts';

/**
 * Where the user's database is. An incomplete change is taken back and an earlier version upgraded first, and the user is
 * told.
 */
export function ownDatabase(environment: Environment): string {
  const path = databasePath(environment);
  if (takeBackHalfChange(path))
    err.line(
      ours`${shown(path)} is as before: the program that was changing it was killed, and its change was taken back`,
    );
  const upgrade = upgradeDatabase(path);
  if (upgrade !== undefined)
    err.line(
      ours`upgraded ${shown(path)} from version ${upgrade.from} to ${upgrade.to}; a copy of the old file is ${shown(upgrade.backup)}`,
    );
  return path;
}

export const readOwn = <T>(query: (db: SpendingDatabase) => T): T =>
  readDatabase(ownDatabase(loadEnvironment()), query);

/** All of the change takes effect, or nothing. */
export const changeOwn = <T>(change: (db: SpendingDatabase) => T): T =>
  changeDatabase(ownDatabase(loadEnvironment()), change);
