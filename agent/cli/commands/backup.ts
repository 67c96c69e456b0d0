import { statSync } from 'node:fs';
import { basename, dirname, join, parse, resolve } from 'node:path';
import { interruptSignal } from '@spendwise/sandbox/interrupt';
import { jsonLine } from '@spendwise/sandbox/json-line';
import { out } from '@spendwise/sandbox/screen';
import { ours, shown } from '@spendwise/sandbox/shown';
import { working } from '@spendwise/sandbox/working';
import { loadEnvironment } from '../../settings/environment.ts';
import { backupDatabase } from '../../spending/backup.ts';
import { readDatabase, timeZoneOf } from '../../spending/database.ts';
import { ownDatabase } from '../own-database.ts';

/** `spendwise backup [FILE]`: by default beside the database, named after the moment. */
export async function backup(to: string | undefined, { json }: { json: boolean }): Promise<void> {
  const database = ownDatabase(loadEnvironment());
  const now = Temporal.Now.zonedDateTimeISO(readDatabase(database, timeZoneOf));
  const moment = now
    .toPlainDateTime()
    .toString({ smallestUnit: 'second' })
    .replace('T', '-')
    .replaceAll(':', '');
  const name = `${parse(database).name}-${moment}.db`;
  const given = resolve(to ?? join(dirname(database), name));
  const file = statSync(given, { throwIfNoEntry: false })?.isDirectory() ? join(given, name) : given;
  const copying = backupDatabase(database, file, interruptSignal());
  const bytes = await working(ours`copying ${shown(basename(database))}`, copying);
  out.line(
    json
      ? jsonLine({ database, backup: file, bytes })
      : ours`Wrote ${shown(file)} (${Math.ceil(bytes / 1000)} kB)`,
  );
}
