import { headerCells } from './columns.ts';
import { columnOf } from './names.ts';
import { type CsvProfile, DELIMITERS } from './profile.ts';
import { CsvRows } from './rows.ts';

/** The profile of a file that ends with its header row: a month without transactions. Undefined if it is another. */
export function profileWithoutRows(text: string): CsvProfile | undefined {
  for (const delimiter of DELIMITERS) {
    let last: readonly string[] = [];
    const rows = new CsvRows(delimiter, (fields = []) => {
      if (fields.some((field) => field.trim() !== '')) last = fields;
    });
    rows.push(text);
    rows.end();
    const names = headerCells(last).map(({ name }) => name);
    const [date, amount] = [columnOf('date', names), columnOf('amount', names)];
    const [debit, credit] = [columnOf('debit', names), columnOf('credit', names)];
    const money = amount !== undefined ? { amount } : debit && credit ? { debit, credit } : undefined;
    if (date === undefined || money === undefined) continue;
    const columns = { date: [date], ...money, merchant: [], description: [] };
    // Nothing is read by the rest.
    return { delimiter, header: true, columns, dates: 'ymd', decimal: '.', sign: 'out-negative' };
  }
  return undefined;
}
