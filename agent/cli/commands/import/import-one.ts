import { Failed, Interrupted, UsageError } from '@spendwise/sandbox/errors';
import { err } from '@spendwise/sandbox/screen';
import { ours, shown } from '@spendwise/sandbox/shown';
import type { TerminalUI } from '@spendwise/sandbox/terminal-ui';
import { begin } from '@spendwise/sandbox/working';
import type { SpendingDatabase } from '../../../spending/database.ts';
import { typedCurrency } from '../../../spending/household/amount.ts';
import { ownText } from '../../../spending/household/names.ts';
import { SNIFFED_BYTES } from '../../../spending/import/decode.ts';
import { type BadRows, importFile } from '../../../spending/import/import-file.ts';
import { usualCurrency } from '../../../spending/import/open-import.ts';
import {
  firstEntries,
  NotRecognized,
  type Recognized,
  recognize,
} from '../../../spending/import/recognize.ts';
import { Source } from '../../../spending/import/source.ts';
import { NotAStatement } from '../../../spending/import/statement.ts';
import { askUntilCertain } from './ask.ts';
import { badLines, previewLines, type Report, reportOf } from './report.ts';
import { type ReadFlags, saveProfile, settledBy } from './settled.ts';

export interface ImportFlags extends ReadFlags {
  readonly account?: string;
  readonly currency?: string;
  readonly saveProfile?: string;
  readonly dryRun: boolean;
  readonly skipBadRows: boolean;
}

export class FileRefused extends Failed {
  readonly badRows: BadRows;
  constructor(file: string, badRows: BadRows) {
    super(
      `${file}: ${badRows.total} of its rows cannot be read, so nothing of it was imported`,
      'fix them, or leave them out with --skip-bad-rows',
    );
    this.badRows = badRows;
  }
}

interface Room {
  readonly flags: ImportFlags;
  readonly ui: TerminalUI | undefined;
  readonly signal: AbortSignal;
  /** Without a preview. */
  readonly quiet: boolean;
}

/** More than enough to tell one order of dates from another. */
const HEAD = 4 * SNIFFED_BYTES;
/** Rows that a preview shows. */
const PREVIEWED = 3;
const MAX_NAME = 60;

/** Imports one file. What it throws has changed nothing. */
export async function importOne(db: SpendingDatabase, file: string, room: Room): Promise<Report> {
  let source: Source | undefined;
  try {
    source = await Source.open(file, room.signal);
    return await importSource(db, file, source, room);
  } catch (error) {
    if (error instanceof NotAStatement) throw refusal(file, error);
    if (error instanceof Interrupted) throw new Interrupted(error.by, 'nothing of this file was imported');
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (syscall !== undefined && code !== undefined)
      throw new Failed(`${file} cannot be read (${code})`, 'check its name and permissions', error);
    throw error;
  } finally {
    source?.close();
  }
}

async function importSource(
  db: SpendingDatabase,
  file: string,
  source: Source,
  { flags, ui, signal, quiet }: Room,
): Promise<Report> {
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
  if (!quiet) err.line(...preview(recognized));
  const keep = profileToKeep(flags, recognized);
  let share = 0;
  const end = begin(ours`reading ${shown(file, 30)}`, () => ours`${share}%`);
  const outcome = await importFile(db, source, recognized, {
    account: flags.account,
    currency,
    dryRun: flags.dryRun,
    skipBadRows: flags.skipBadRows,
    signal,
    onProgress: (read, size) => {
      share = Math.floor((read / size) * 100);
    },
  }).finally(end);
  if (outcome.bad.total > 0) err.line(...badLines(file, outcome.bad));
  if (!outcome.ok) throw new FileRefused(file, outcome.bad);
  if (keep !== undefined && !flags.dryRun) saveProfile(db, keep.name, keep.profile);
  return reportOf(file, recognized, outcome);
}

function profileToKeep({ saveProfile: name }: ImportFlags, { profile }: Recognized) {
  if (name === undefined) return undefined;
  if (profile === undefined)
    throw new UsageError('only how a CSV file is read can be kept', 'leave --save-profile out');
  return { name: ownText(name, 'the name of the profile', MAX_NAME), profile };
}

/** Why a whole file was refused. */
function refusal(file: string, error: NotAStatement): Failed {
  const where = error.line > 0 ? `${file}: line ${error.line}: ` : `${file}: `;
  const hint =
    error instanceof NotRecognized
      ? `if it is right, say how to read it with --${error.flag}; see \`spendwise import --help\``
      : 'nothing of it was imported; export it again, as CSV, OFX, QIF or camt.053';
  return new Failed(`${where}${error.message}`, hint, error);
}
