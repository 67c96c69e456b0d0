import { setFlagsFromString } from 'node:v8';
import { Failed, Interrupted, type SpendwiseError, UsageError } from '@spendwise/sandbox/errors';
import { openHost } from '@spendwise/sandbox/host';
import { interruptSignal } from '@spendwise/sandbox/interrupt';
import { jsonLine } from '@spendwise/sandbox/json-line';
import { err, out } from '@spendwise/sandbox/screen';
import { ours, shown } from '@spendwise/sandbox/shown';
import type { TerminalUI } from '@spendwise/sandbox/terminal-ui';
import { loadEnvironment } from '../../../settings/environment.ts';
import { openForWriting, readDatabase, type SpendingDatabase } from '../../../spending/database.ts';
import { explain } from '../../../spending/database-unusable.ts';
import { typedCurrency } from '../../../spending/household/amount.ts';
import { ownText } from '../../../spending/household/names.ts';
import { SNIFFED_BYTES } from '../../../spending/import/decode.ts';
import { importFile, type Outcome } from '../../../spending/import/import-file.ts';
import { usualCurrency } from '../../../spending/import/open-import.ts';
import { firstEntries, type Recognized, recognize } from '../../../spending/import/recognize.ts';
import { Source } from '../../../spending/import/source.ts';
import { NotAStatement } from '../../../spending/import/statement.ts';
import { ownDatabase } from '../../own-database.ts';
import { askUntilCertain } from './ask.ts';
import { progressOf } from './progress.ts';
import { badLines, outcomeLines, previewLines, refusal, reportOf, sumOf } from './report.ts';
import { review } from './review.ts';
import { type ReadFlags, saveProfile, settledBy } from './settled.ts';

export interface ImportFlags extends ReadFlags {
  readonly account?: string;
  readonly currency?: string;
  readonly saveProfile?: string;
  readonly dryRun: boolean;
  readonly skipBadRows: boolean;
  readonly review: boolean;
  readonly json: boolean;
}

/** More than enough to tell one order of dates from another. */
const HEAD = 4 * SNIFFED_BYTES;
/** Rows that a preview shows. */
const PREVIEWED = 3;

export async function importFiles(files: readonly string[], flags: ImportFlags): Promise<void> {
  const signal = interruptSignal();
  const { ui } = openHost(signal);
  if (files.length === 0 && !flags.review)
    throw new UsageError('a file is missing', 'such as `spendwise import august.csv`');
  if (files.length > 0 && flags.review) throw new UsageError('--review takes no files', 'import them first');
  if (flags.review) return await review(flags.json, { ui, signal });
  if (files.length > 1 && flags.saveProfile !== undefined)
    throw new UsageError('--save-profile takes one file', 'import that one first');
  // A row is garbage as soon as it is written: a young generation that grows would only take memory.
  setFlagsFromString('--semi-space-growth-factor=1');
  const path = ownDatabase(loadEnvironment());
  // Opening it for writing would create one.
  readDatabase(path, () => {});
  const db = openForWriting(path);
  const done: ReturnType<typeof reportOf>[] = [];
  let refused: { readonly report: object; readonly error: SpendwiseError } | undefined;
  try {
    for (const file of files) {
      const result = await importOne(db, file, { flags, ui, signal });
      if (result.ok) done.push(result.report);
      else {
        refused = result;
        break;
      }
    }
  } catch (error) {
    throw explain(error, path);
  } finally {
    db.close();
  }
  if (flags.json) {
    const reports = [...done, ...(refused === undefined ? [] : [refused.report])];
    out.line(jsonLine({ dryRun: flags.dryRun, files: reports, ...sumOf(done) }));
  }
  if (refused === undefined) return;
  if (done.length > 0 && !flags.dryRun)
    err.line(ours`imported before that: ${shown(done.map(({ file }) => file).join(', '))}`);
  throw refused.error;
}

interface Room {
  readonly flags: ImportFlags;
  readonly ui: TerminalUI | undefined;
  readonly signal: AbortSignal;
}

type One =
  | { readonly ok: true; readonly report: ReturnType<typeof reportOf> }
  | { readonly ok: false; readonly report: object; readonly error: SpendwiseError };

async function importOne(db: SpendingDatabase, file: string, { flags, ui, signal }: Room): Promise<One> {
  let source: Source | undefined;
  try {
    source = await Source.open(file);
    const head = source.head(HEAD);
    const whole = head.length === source.size;
    const settled = settledBy(db, flags);
    const currency = flags.currency === undefined ? usualCurrency(db) : typedCurrency(flags.currency);
    const preview = (how: Recognized) =>
      previewLines(file, how, firstEntries(how, head, currency ?? '', PREVIEWED));
    const recognized = await askUntilCertain(
      file,
      (more) => recognize(head, whole, { ...settled, ...more, csv: { ...settled.csv, ...more.csv } }),
      { preview, ui, signal },
    );
    if (!flags.json) err.line(...preview(recognized));
    const progress = progressOf(err, file);
    const outcome = await importFile(db, source, recognized, {
      account: flags.account,
      currency,
      dryRun: flags.dryRun,
      skipBadRows: flags.skipBadRows,
      signal,
      onProgress: progress.at,
    }).finally(progress.end);
    return finished(db, file, recognized, outcome, flags);
  } catch (error) {
    if (error instanceof NotAStatement) {
      const failed = refusal(file, error);
      return { ok: false, report: { file, ok: false, error: failed.message }, error: failed };
    }
    if (error instanceof Interrupted) throw new Interrupted(error.by, 'nothing of this file was imported');
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (syscall !== undefined && code !== undefined)
      throw new Failed(`${file} cannot be read (${code})`, 'check its name and permissions', error);
    throw error;
  } finally {
    source?.close();
  }
}

function finished(
  db: SpendingDatabase,
  file: string,
  recognized: Recognized,
  outcome: Outcome,
  flags: ImportFlags,
): One {
  if (outcome.bad.total > 0) err.line(...badLines(file, outcome.bad));
  if (!outcome.ok) {
    const error = new Failed(
      `${file}: ${outcome.bad.total} of its rows cannot be read, so nothing of it was imported`,
      'fix them, or leave them out with --skip-bad-rows',
    );
    return { ok: false, report: { file, ok: false, error: error.message, badRows: outcome.bad }, error };
  }
  if (flags.saveProfile !== undefined && recognized.profile === undefined)
    throw new UsageError('only how a CSV file is read can be saved', 'leave --save-profile out');
  if (flags.saveProfile !== undefined && recognized.profile !== undefined && !flags.dryRun)
    saveProfile(db, ownText(flags.saveProfile, 'the name of the profile', 60), recognized.profile);
  const report = reportOf(file, recognized, outcome);
  if (!flags.json) out.line(...outcomeLines(report, flags.dryRun));
  return { ok: true, report };
}
