import { currencyCode } from '../../money.ts';
import { bareNumber } from './amounts.ts';
import { allOf, columnOf, WORDS } from './names.ts';
import type { CsvColumns } from './profile.ts';
import { isAmount, isDate, type Sample } from './sample.ts';

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

/** The cells of a column, without empty ones. */
export function cellsOf({ names, data }: Sample, name: string | undefined): string[] {
  const at = name === undefined ? -1 : names.indexOf(name);
  return at === -1 ? [] : data.map((row) => (row[at] ?? '').trim()).filter((cell) => cell !== '');
}

const mostly = (cells: readonly string[], holds: (cell: string) => boolean): boolean =>
  cells.length > 0 && cells.filter(holds).length >= cells.length * 0.9;

/** By what the header row calls them, if what stands below fits. */
export function columnsByName(sample: Sample, settled: Partial<CsvColumns> = {}): FoundColumns | undefined {
  if (!sample.header) return undefined;
  const { names } = sample;
  const dates = settled.date ?? allOf('date', names).filter((name) => mostly(cellsOf(sample, name), isDate));
  const number = (role: 'debit' | 'credit') =>
    allOf(role, names).find((name) => mostly(cellsOf(sample, name), isAmount));
  const split = settled.debit ?? number('debit');
  const credit =
    settled.credit ?? number('credit') ?? (split === undefined ? undefined : columnOf('credit', names));
  const debit = split ?? (credit === undefined ? undefined : columnOf('debit', names));
  const amounts = allOf('amount', names).filter((name) => mostly(cellsOf(sample, name), isAmount));
  // One whose currency the header names is the account's; others may be in that of a purchase abroad.
  const amount = settled.amount ?? amounts.find((name) => sample.currencies.has(name)) ?? amounts[0];
  const pair =
    settled.amount === undefined &&
    debit !== undefined &&
    credit !== undefined &&
    (amount === undefined ||
      cellsOf(sample, amount).length < sample.data.length ||
      !isSigned(sample, amount));
  if (dates[0] === undefined || (!pair && amount === undefined)) return undefined;
  // A second date is for rows that lack the first.
  const first = dates[0];
  const date = cellsOf(sample, first).length === sample.data.length ? [first] : dates.slice(0, 2);
  return found(sample, { date, ...(pair ? { debit, credit } : { amount }) } as Start, settled, true);
}

/** By what stands in them: the only column of dates, and the only one of amounts, or the one before a balance. */
export function columnsByContent(
  sample: Sample,
  settled: Partial<CsvColumns> = {},
): FoundColumns | undefined {
  const { names } = sample;
  const date = settled.date?.[0] ?? names.find((name) => mostly(cellsOf(sample, name), isDate));
  const others = new Set([...allOf('balance', names), ...allOf('bankId', names), ...allOf('account', names)]);
  const numbers = names.filter((name) => !others.has(name));
  const withDecimals = numbers.filter((name) =>
    mostly(cellsOf(sample, name), (cell) => isAmount(cell) && /[.,]\d{1,2}\D*$/.test(cell)),
  );
  const amount =
    settled.amount ??
    withDecimals.find((name) => cellsOf(sample, name).length === sample.data.length) ??
    numbers.find((name) => mostly(cellsOf(sample, name), isAmount));
  if (date === undefined || amount === undefined) return undefined;
  const [debit, credit] = numbers.filter(
    (name) => mostly(cellsOf(sample, name), isAmount) && cellsOf(sample, name).length < sample.data.length,
  );
  const split = cellsOf(sample, debit).length + cellsOf(sample, credit).length === sample.data.length;
  const start =
    settled.amount === undefined && split && cellsOf(sample, amount).length < sample.data.length
      ? { debit, credit }
      : { amount };
  return found(sample, { date: [date], ...start } as Start, settled, false);
}

type Start = Pick<CsvColumns, 'date' | 'amount' | 'debit' | 'credit'>;

function found(sample: Sample, start: Start, settled: Partial<CsvColumns>, byName: boolean): FoundColumns {
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
          mostly(cellsOf(sample, name), (cell) => currencyCode(cell) !== undefined),
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

const isSigned = (sample: Sample, amount: string | undefined): boolean =>
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
