import { allOf, columnOf, WORDS } from './names.ts';
import type { CsvColumns } from './profile.ts';
import { isAmount, isDate, type Sample } from './sample.ts';

export interface FoundColumns {
  readonly columns: CsvColumns;
  readonly balance?: string;
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
  const number = (role: 'amount' | 'debit' | 'credit') =>
    allOf(role, names).find((name) => mostly(cellsOf(sample, name), isAmount));
  const split = settled.debit ?? number('debit');
  const credit =
    settled.credit ?? number('credit') ?? (split === undefined ? undefined : columnOf('credit', names));
  const debit = split ?? (credit === undefined ? undefined : columnOf('debit', names));
  const amount = settled.amount ?? number('amount');
  const pair =
    settled.amount === undefined &&
    debit !== undefined &&
    credit !== undefined &&
    (amount === undefined || cellsOf(sample, amount).length < sample.data.length);
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
  const withDecimals = names.filter((name) =>
    mostly(cellsOf(sample, name), (cell) => isAmount(cell) && /[.,]\d{1,2}\D*$/.test(cell)),
  );
  const amount =
    settled.amount ??
    withDecimals.find((name) => cellsOf(sample, name).length === sample.data.length) ??
    names.find((name) => mostly(cellsOf(sample, name), isAmount));
  if (date === undefined || amount === undefined) return undefined;
  return found(sample, { date: [date], amount }, settled, false);
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
  const status = statusOf(free());
  take(status?.column);
  const currency = take(
    allOf('currency', free()).find((name) =>
      mostly(cellsOf(sample, name), (cell) => /^[A-Z]{3}$/i.test(cell)),
    ),
  );
  const bankId = take(allOf('bankId', free()).find((name) => isUnique(sample, name)));
  const category = take(columnOf('category', free()));
  const account = take(columnOf('account', free()));
  const merchant = take(columnOf('merchant', free()));
  const payer = take(columnOf('payer', free()));
  const texts = byName ? allOf('description', free()).slice(0, 5) : textColumns(sample, free());
  // A file with one text states the other party in it.
  const merchants = [merchant ?? texts.shift()].filter((name) => name !== undefined);
  const columns: CsvColumns = {
    ...start,
    ...(direction !== undefined && { direction }),
    ...(currency !== undefined && { currency }),
    merchant: merchants,
    ...(payer !== undefined && { payer }),
    description: texts,
    ...(bankId !== undefined && { bankId }),
    ...(status !== undefined && { status }),
    ...(category !== undefined && { category }),
    ...(account !== undefined && { account }),
    ...settled,
  };
  return {
    columns: JSON.parse(JSON.stringify(columns)),
    ...(balance !== undefined && { balance }),
    certain: byName,
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

/** Only if each of its words says one or the other, and the amounts have no sign of their own. */
function directionOf(sample: Sample, names: readonly string[]): CsvColumns['direction'] {
  const [out, into]: readonly (readonly string[])[] = [WORDS.out, WORDS.in];
  const column = allOf('direction', names).find((name) => {
    const words = cellsOf(sample, name).map((word) => word.toLowerCase());
    return (
      words.length === sample.data.length &&
      words.every((word) => out?.includes(word) || into?.includes(word))
    );
  });
  return column === undefined ? undefined : { column, out: [...WORDS.out], in: [...WORDS.in] };
}

function statusOf(names: readonly string[]): CsvColumns['status'] {
  const column = columnOf('status', names);
  return column === undefined ? undefined : { column, pending: [...WORDS.pending], omit: [...WORDS.omit] };
}

/** An id that comes twice is a reference, which two transactions may share. */
function isUnique(sample: Sample, name: string): boolean {
  const cells = cellsOf(sample, name);
  return cells.length > 0 && new Set(cells).size === cells.length;
}

const textColumns = (sample: Sample, names: readonly string[]): string[] =>
  names
    .filter((name) => mostly(cellsOf(sample, name), (cell) => /\p{L}{2}/u.test(cell) && !isDate(cell)))
    .slice(0, 5);
