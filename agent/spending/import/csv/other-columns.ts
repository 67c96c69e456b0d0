import { currencyCode } from '../../money.ts';
import { bareNumber } from './amounts.ts';
import { allOf, columnOf, WORDS } from './names.ts';
import type { CsvColumns } from './profile.ts';
import { cellsOf, isDate, mostly, type Sample } from './sample.ts';

export interface FoundColumns {
  readonly columns: CsvColumns;
  readonly balance?: string;
  /** Perhaps not in the amount: the balance tells. */
  readonly fee?: string;
  /** Of amounts that have signs of their own: tells what these mean. */
  readonly direction?: NonNullable<CsvColumns['direction']>;
  readonly certain: boolean;
  /** "date=buchungsdatum, amount=betrag" */
  readonly summary: string;
  readonly why: string;
}

/** The columns that each file must have. */
export type Start = Pick<CsvColumns, 'date' | 'amount' | 'debit' | 'credit'>;

/** Finds the other columns, too. What the user has said comes first. */
export function withOthers(
  sample: Sample,
  start: Start,
  settled: Partial<CsvColumns>,
  byName: boolean,
): FoundColumns {
  const taken = new Set(
    [...start.date, start.amount, start.debit, start.credit].filter((name) => name !== undefined),
  );
  const take = (name: string | undefined): string | undefined => {
    if (name !== undefined) taken.add(name);
    return name;
  };
  const free = () => sample.names.filter((name) => !taken.has(name));
  const balance = take(columnOf('balance', free()));
  const direction = start.amount === undefined ? undefined : directionOf(sample, free());
  take(direction?.column);
  const signed = isSigned(sample, start.amount);
  const status = statusOf(free());
  take(status?.column);
  const isNamed = [start.amount, start.debit, start.credit].some((name) => sample.currencies.has(name ?? ''));
  const currency = isNamed
    ? undefined
    : take(
        nearest(sample, start, allOf('currency', free())).find((name) =>
          cellsOf(sample, name).some(looksLikeCurrency),
        ),
      );
  const ids = allOf('bankId', free());
  const bankId = take(ids.find((name) => isUnique(sample, start, name)));
  const group = bankId === undefined ? take(ids[0]) : undefined;
  const category = take(columnOf('category', free()));
  const account = take(allOf('account', free()).find((name) => isOwn(sample, name)));
  const merchants = allOf('merchant', free())
    .filter((name) => cellsOf(sample, name).length > 0 && !mostly(cellsOf(sample, name), isAccountNumber))
    .slice(0, 3);
  for (const name of merchants) take(name);
  const payer = take(columnOf('payer', free()));
  const fee = columnOf('fee', free());
  const texts = byName ? allOf('description', free()).slice(0, 5) : textColumns(sample, free());
  // A file with one text states the other party in it.
  if (merchants.length === 0) {
    const filled = texts.findIndex((name) => cellsOf(sample, name).length > 0);
    merchants.push(...texts.splice(Math.max(filled, 0), 1));
  }
  const columns: CsvColumns = {
    ...start,
    ...(direction !== undefined && !signed && { direction }),
    ...(currency !== undefined && { currency }),
    merchant: merchants,
    ...(payer !== undefined && { payer }),
    description: texts,
    ...(bankId !== undefined && { bankId }),
    ...(group !== undefined && { group }),
    ...(status !== undefined && { status }),
    ...(category !== undefined && { category }),
    ...(account !== undefined && { account }),
    ...settled,
  };
  return {
    columns: JSON.parse(JSON.stringify(columns)),
    ...(balance !== undefined && { balance }),
    ...(direction !== undefined && signed && { direction }),
    ...(fee !== undefined && settled.fee === undefined && { fee }),
    certain: byName || (settled.date !== undefined && (settled.amount ?? settled.debit) !== undefined),
    summary: Object.entries({
      date: start.date[0],
      amount: start.amount,
      debit: start.debit,
      credit: start.credit,
      merchant: merchants[0],
    })
      .flatMap(([role, name]) => (name === undefined ? [] : [`${role}=${name}`]))
      .join(', '),
    why: byName ? 'the header row names them' : 'no header row names them',
  };
}

/** Of ISO 4217, or another: a row in BTC is then a bad one, not one in the household's currency. */
const looksLikeCurrency = (cell: string): boolean =>
  currencyCode(cell) !== undefined || /^[A-Z]{3,5}$/.test(cell);

/** A column whose words say where the money of each row went. */
function directionOf(sample: Sample, names: readonly string[]): Direction | undefined {
  const [out, into] = [new Set(WORDS.out), new Set(WORDS.in)];
  const column = allOf('direction', names).find((name) => {
    const words = cellsOf(sample, name).map((word) => word.toLowerCase());
    return words.length === sample.data.length && words.every((word) => out.has(word) || into.has(word));
  });
  return column === undefined ? undefined : { column, out: WORDS.out, in: WORDS.in };
}
type Direction = NonNullable<CsvColumns['direction']>;

function statusOf(names: readonly string[]): CsvColumns['status'] {
  const column = columnOf('status', names);
  return column === undefined ? undefined : { column, pending: WORDS.pending, omit: WORDS.omit };
}

/** An id of two amounts is a reference, which two transactions may share. Rows without an amount are parts of others. */
function isUnique(sample: Sample, { amount, debit, credit }: Start, name: string): boolean {
  const places = [amount, debit, credit].map((each) => sample.names.indexOf(each ?? ''));
  const at = sample.names.indexOf(name);
  const rows = sample.data.filter((row) => places.some((place) => (row[place] ?? '').trim() !== ''));
  const ids = rows.map((row) => (row[at] ?? '').trim()).filter((id) => id !== '');
  return ids.length > 0 && new Set(ids).size === ids.length;
}

const textColumns = (sample: Sample, names: readonly string[]): string[] =>
  names
    .filter((name) => mostly(cellsOf(sample, name), (cell) => /\p{L}{2}/u.test(cell) && !isDate(cell)))
    .slice(0, 5);

/** Some banks have the account's number there. */
const isAccountNumber = (cell: string): boolean => /^(?:[A-Z]{2}\d{2}[A-Z0-9 ]{10,}|[\d -]{5,})$/.test(cell);

export const isSigned = (sample: Sample, amount: string | undefined): boolean =>
  cellsOf(sample, amount).some((cell) => bareNumber(cell)?.negative);

/** The household's account is the same in all rows. That of the other party may be, too, in a few. */
function isOwn(sample: Sample, name: string): boolean {
  const cells = cellsOf(sample, name);
  if (cells.length < sample.data.length) return false;
  return sample.names[0] === name || OWN.test(name) || (new Set(cells).size === 1 && cells.length > 4);
}
const OWN = /auftragskonto|kontoinhaber|^rekening|^account iban$|^(eigenes|ihr) konto$/;

/** The currency of the amount is beside it; another one may be that of the balance, or of what was paid abroad. */
function nearest({ names }: Sample, { amount, debit }: Start, among: readonly string[]): string[] {
  const at = names.indexOf(amount ?? debit ?? '');
  const distance = (name: string) => Math.abs(names.indexOf(name) - at - 0.1);
  return among.toSorted((a, b) => distance(a) - distance(b));
}
