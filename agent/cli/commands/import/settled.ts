import { UsageError } from '@spendwise/sandbox/errors';
import type { SpendingDatabase } from '../../../spending/database.ts';
import { builtInProfiles, type Known } from '../../../spending/import/csv/built-in.ts';
import { type CsvColumns, CsvProfile } from '../../../spending/import/csv/profile.ts';
import type { StatementFormat } from '../../../spending/import/detect.ts';
import type { Settled } from '../../../spending/import/recognize.ts';

export interface ReadFlags {
  readonly format: 'auto' | StatementFormat;
  readonly profile?: string;
  readonly encoding?: string;
  readonly dates?: CsvProfile['dates'];
  readonly decimal?: CsvProfile['decimal'];
  readonly delimiter?: CsvProfile['delimiter'] | 'tab';
  readonly sign?: CsvProfile['sign'];
  readonly columns?: string;
}

/** What flags and profile say about a file. Throws UsageError. */
export function settledBy(db: SpendingDatabase, flags: ReadFlags): Settled {
  const { dates, decimal, delimiter, sign, encoding } = flags;
  const { kept, builtIn } = profileOf(db, flags.profile);
  const said: Known = {
    ...(dates && { dates }),
    ...(decimal && { decimal }),
    ...(delimiter && { delimiter: delimiter === 'tab' ? '\t' : delimiter }),
    ...(sign && { sign }),
    ...(flags.columns !== undefined && { columns: columnsOf(flags.columns) }),
  };
  if (kept !== undefined && Object.keys(said).length > 0)
    throw new UsageError(
      'a profile says everything about the file',
      `leave out --profile, or --${Object.keys(said)[0]}`,
    );
  return {
    format: flags.format === 'auto' ? (flags.profile === undefined ? undefined : 'csv') : flags.format,
    encoding,
    profile: kept,
    builtIn,
    csv: said,
  };
}

function profileOf(db: SpendingDatabase, name: string | undefined): { kept?: CsvProfile; builtIn?: string } {
  if (name === undefined) return {};
  const kept = db
    .prepare<[string], string>('SELECT profile FROM import_profiles WHERE name = ?')
    .pluck()
    .get(name);
  if (kept !== undefined) return { kept: CsvProfile.parse(JSON.parse(kept)) };
  if (builtInProfiles.some((one) => one.name === name)) return { builtIn: name };
  const own = db.prepare<[], string>('SELECT name FROM import_profiles ORDER BY name').pluck().all();
  const all = [...own, ...builtInProfiles.map((one) => one.name)];
  throw new UsageError(`there is no profile "${name.slice(0, 60)}"`, `there are: ${all.join(', ')}`);
}

export function saveProfile(db: SpendingDatabase, name: string, profile: CsvProfile): void {
  db.prepare('INSERT OR REPLACE INTO import_profiles (name, profile) VALUES (?, ?)').run(
    name,
    JSON.stringify(profile),
  );
}

const SINGLE = ['amount', 'debit', 'credit', 'fee', 'currency', 'payer', 'bankId', 'category', 'account'];
const SEVERAL = ['date', 'merchant', 'description'];
const ROLES = [...SINGLE, ...SEVERAL];

/** "date=Buchungstag,amount=Betrag (EUR)". A column's name may have commas. */
function columnsOf(text: string): Partial<CsvColumns> {
  const columns: Record<string, string | string[]> = {};
  for (const part of text.split(new RegExp(`, ?(?=(?:${ROLES.join('|')})=)`))) {
    const [, role = '', name = ''] = /^(\w+)=(.+)$/s.exec(part.trim()) ?? [];
    if (!ROLES.includes(role))
      throw new UsageError(
        `--columns: "${part.slice(0, 60)}" names no column`,
        `write date=NAME,amount=NAME; there are ${ROLES.join(', ')}`,
      );
    if (SEVERAL.includes(role)) columns[role] = [...((columns[role] as string[]) ?? []), name];
    else columns[role] = name;
  }
  return columns as Partial<CsvColumns>;
}
