import { z } from 'zod';
import { DECIMAL_SIGNS } from './amounts.ts';
import { DATE_ORDERS } from './dates.ts';

export const DELIMITERS = [',', ';', '\t', '|'] as const;
export const SIGNS = ['out-negative', 'out-positive'] as const;

/** The name of a column as `columnNames` gives it: "buchungsdatum", or "column 3" in a file without a header row. */
const column = z.string().min(1).max(200);
const words = z.array(z.string().min(1).max(60)).max(40);

/** Everything that is needed to read one kind of CSV file. Plain JSON: kept by name in the database. */
export const CsvProfile = z.strictObject({
  delimiter: z.enum(DELIMITERS),
  /** The first row with all these columns is the header; what stands above it is preamble. */
  header: z.boolean(),
  columns: z.strictObject({
    /** The first one that is not empty counts. */
    date: z.array(column).min(1).max(5),
    /** Either this one, or `debit` and `credit`. */
    amount: column.optional(),
    debit: column.optional(),
    credit: column.optional(),
    /** Taken off the amount. */
    fee: column.optional(),
    /** Says whether an amount without a sign is money out or in, by these words. */
    direction: z.strictObject({ column, out: words, in: words }).optional(),
    currency: column.optional(),
    /** The first one that is not empty counts. */
    merchant: z.array(column).max(5),
    /** The other party of money that came in, if that is another column. */
    payer: column.optional(),
    description: z.array(column).max(10),
    bankId: column.optional(),
    /** Rows with the same cell here as the one above are its details, if they have no amount. */
    group: column.optional(),
    /** Rows that are not final yet, and rows that are no transactions (declined, reverted), by these words. */
    status: z.strictObject({ column, pending: words, omit: words }).optional(),
    category: column.optional(),
    account: column.optional(),
    /** `true` in rows between the user's own accounts. */
    transfer: column.optional(),
  }),
  dates: z.enum(DATE_ORDERS),
  decimal: z.enum(DECIMAL_SIGNS),
  /** Of the amount's own sign; with debit and credit columns, whether debits have a minus. */
  sign: z.enum(SIGNS),
});
export type CsvProfile = z.infer<typeof CsvProfile>;
export type CsvColumns = CsvProfile['columns'];
