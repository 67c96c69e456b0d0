import { setFlagsFromString } from 'node:v8';
import { Interrupted, SpendwiseError, UsageError } from '@spendwise/sandbox/errors';
import { openHost } from '@spendwise/sandbox/host';
import { interruptSignal } from '@spendwise/sandbox/interrupt';
import { jsonLine } from '@spendwise/sandbox/json-line';
import { err, out } from '@spendwise/sandbox/screen';
import { ours, shown } from '@spendwise/sandbox/shown';
import { loadEnvironment } from '../../../settings/environment.ts';
import { openForWriting, readDatabase } from '../../../spending/database.ts';
import { explain } from '../../../spending/database-unusable.ts';
import { ownDatabase } from '../../own-database.ts';
import { FileRefused, type ImportFlags, importOne } from './import-one.ts';
import { outcomeLines, type Report, sumOf } from './report.ts';
import { review } from './review.ts';

export interface ImportCommandFlags extends ImportFlags {
  readonly review: boolean;
  readonly json: boolean;
}

/** `spendwise import FILE…`: each file all or nothing. The first that is refused ends the command. */
export async function importFiles(files: readonly string[], flags: ImportCommandFlags): Promise<void> {
  const signal = interruptSignal();
  const { ui } = openHost(signal);
  if (files.length > 0 && flags.review) throw new UsageError('--review takes no files', 'import them first');
  if (flags.review) return await review(flags.json, { ui, signal });
  if (files.length === 0)
    throw new UsageError(
      'a file is missing',
      'such as `spendwise import august.csv`; `spendwise imports list` shows what was imported',
    );
  if (files.length > 1 && flags.saveProfile !== undefined)
    throw new UsageError('--save-profile takes one file', 'import that one first');
  // A row is garbage as soon as it is written: a young generation that grows would only take memory.
  setFlagsFromString('--semi-space-growth-factor=1');
  const path = ownDatabase(loadEnvironment());
  // Opening it for writing would create one.
  readDatabase(path, () => {});
  const db = openForWriting(path);
  const done: Report[] = [];
  try {
    for (const file of files) {
      const report = await importOne(db, file, { flags, ui, signal, quiet: flags.json });
      if (!flags.json) out.line(...outcomeLines(report, flags.dryRun));
      done.push(report);
    }
    if (flags.json) out.line(jsonLine({ dryRun: flags.dryRun, files: done, ...sumOf(done) }));
  } catch (thrown) {
    const error = explain(thrown, path);
    if (!(error instanceof SpendwiseError) || error instanceof Interrupted) throw error;
    const refused = {
      file: files[done.length],
      ok: false,
      error: error.message,
      ...(error instanceof FileRefused && { badRows: error.badRows }),
    };
    if (flags.json) out.line(jsonLine({ dryRun: flags.dryRun, files: [...done, refused], ...sumOf(done) }));
    if (done.length > 0 && !flags.dryRun)
      err.line(ours`imported before that: ${shown(done.map(({ file }) => file).join(', '))}`);
    throw error;
  } finally {
    db.close();
  }
}
