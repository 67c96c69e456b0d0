import type { CsvColumns, CsvProfile } from './profile.ts';

/** What is known of a file beforehand; the rest is guessed from its data. */
export type Known = Partial<Omit<CsvProfile, 'columns'>> & { readonly columns?: Partial<CsvColumns> };

/** A kind of file that is known by its header row, where the data alone would leave something open. */
export interface BuiltIn {
  readonly name: string;
  /** Names that all stand in the header row. */
  readonly signature: readonly string[];
  readonly known: Known;
}

const signed = { decimal: '.', sign: 'out-negative' } as const;
const card = { decimal: '.', sign: 'out-positive' } as const;
const words = (text: string) => text.split(', ');

/** Each was checked against public files or importers, named beside it. */
export const builtInProfiles: readonly BuiltIn[] = [
  {
    // `spendwise export`. Accounts and categories are found by their names.
    name: 'spendwise',
    signature: words('date, amount, currency, category, account, merchant, description, pending, transfer'),
    known: {
      ...signed,
      dates: 'ymd',
      columns: {
        date: ['date'],
        amount: 'amount',
        currency: 'currency',
        category: 'category',
        account: 'account',
        merchant: ['merchant'],
        description: ['description'],
        status: { column: 'pending', pending: ['true'], omit: [] },
        transfer: 'transfer',
      },
    },
  },
  {
    // mlaitinen/ofxstatement-revolut, samples. The balance falls by the fee, too. Pending rows lack the second date.
    name: 'revolut',
    signature: words('type, started date, completed date, description, amount, fee, currency, state'),
    known: {
      ...signed,
      columns: {
        date: ['completed date', 'started date'],
        fee: 'fee',
        merchant: ['description'],
        description: ['type'],
        status: { column: 'state', pending: ['pending'], omit: ['reverted', 'declined', 'failed'] },
      },
    },
  },
  {
    // kedder/ofxstatement-transferwise. Several rows may share an id (fees, conversions): it is none of a transaction.
    name: 'wise',
    signature: words('transferwise id, date, amount, currency, description, running balance'),
    known: {
      ...signed,
      dates: 'dmy',
      columns: {
        merchant: ['merchant', 'payee name'],
        payer: 'payer name',
        description: ['description', 'payment reference'],
      },
    },
  },
  {
    // siddhantgoel/beancount-n26; reubano/csv2ofx, n26-fr.csv.
    name: 'n26',
    signature: words('booking date, value date, partner name, partner iban, payment reference, amount'),
    known: {
      ...signed,
      dates: 'ymd',
      columns: { merchant: ['partner name'], description: ['payment reference'] },
    },
  },
  {
    // OCA/bank-statement-import, account_statement_import_paypal. The date's order is that of the user's country.
    name: 'paypal',
    signature: words('date, time, name, type, status, currency, gross, fee, net, transaction id'),
    known: {
      sign: 'out-negative',
      columns: {
        amount: 'net',
        merchant: ['name', 'type'],
        description: ['item title', 'subject', 'note'],
        bankId: 'transaction id',
      },
    },
  },
  {
    // bank2ynab/bank2ynab, test-data/MonzoDataExport; public tests of importers for the newer header.
    name: 'monzo',
    signature: words(
      'transaction id, date, time, type, name, emoji, category, amount, currency, notes and #tags',
    ),
    known: {
      ...signed,
      dates: 'dmy',
      columns: { merchant: ['name', 'type'], description: ['description', 'notes and #tags'] },
    },
  },
  {
    // ihsanrawi/Ledgerly, CsvSamples/standard/chase-checking.csv.
    name: 'chase-card',
    signature: words('transaction date, post date, description, category, type, amount, memo'),
    known: { ...signed, dates: 'mdy', columns: { date: ['post date', 'transaction date'] } },
  },
  {
    // egh/ledger-autosync and public tests of importers.
    name: 'chase-account',
    signature: words('details, posting date, description, amount, type, balance'),
    known: { ...signed, dates: 'mdy', columns: { merchant: ['description'], description: ['type'] } },
  },
  {
    // Public tests of importers, in American and British files: purchases are positive, and dates differ.
    name: 'amex',
    signature: words('date, description, card member, account #, amount'),
    known: { ...card, columns: { bankId: 'reference' } },
  },
  {
    // beancount_reds_importers, importers/discover.
    name: 'discover',
    signature: words('trans. date, post date, description, amount, category'),
    known: { ...card, dates: 'mdy', columns: { date: ['post date', 'trans. date'] } },
  },
  {
    // BananaAccounting/Switzerland, viseca_one and migrosbank testcases. Amounts have three decimals.
    name: 'viseca',
    signature: words(
      'transactionid, cardid, date, valutadate, amount, currency, merchantname, statetype, details',
    ),
    known: {
      ...card,
      dates: 'ymd',
      columns: {
        date: ['valutadate', 'date'],
        merchant: ['merchantname', 'details'],
        description: ['details'],
        bankId: 'transactionid',
      },
    },
  },
];

/** The known columns that the file has. */
export function presentIn(names: readonly string[], columns: Partial<CsvColumns>): Partial<CsvColumns> {
  const has = (name: string) => names.includes(name);
  const entries = Object.entries(columns).map(([role, value]) => [
    role,
    Array.isArray(value)
      ? value.filter(has)
      : has(typeof value === 'string' ? value : (value as { column: string }).column)
        ? value
        : undefined,
  ]);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined && String(value) !== ''));
}
