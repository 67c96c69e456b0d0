import { UsageError } from '@spendwise/sandbox/errors';
import { readSetting, type SpendingDatabase } from '../database.ts';
import { type ImportAccount, ImportAccounts } from './accounts.ts';
import { categoryChooser } from './choose-category.ts';
import { contentOf } from './content.ts';
import { type Counts, EntryWriter } from './entry-writer.ts';
import { type Reconciled, reconcile } from './reconcile.ts';
import type { StatementEntry } from './statement.ts';

export interface ImportWish {
  readonly file: string;
  readonly format: string;
  /** The account of all rows. Undefined: as the file says. */
  readonly account: string | undefined;
  /** The currency of rows without one. */
  readonly currency: string | undefined;
}

export interface CurrencyTotal {
  readonly currency: string;
  readonly inMinor: number;
  readonly outMinor: number;
}

export interface Imported extends Counts, Pick<Reconciled, 'suspected' | 'gone'> {
  readonly id: number;
  readonly accounts: readonly ImportAccount[];
  /** The first and the last day in the file. Undefined if it has no rows. */
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** Of all rows of the file, new or known. */
  readonly totals: readonly CurrencyTotal[];
}

/** More would let a file make sums that no longer fit. */
const MAX_MINOR = 10 ** 13;

/** The currency of amounts without one. Undefined if the user has not said. */
export function usualCurrency(db: SpendingDatabase): string | undefined {
  const own = readSetting(db, 'currency');
  if (own !== undefined) return own;
  const [only, ...others] = db
    .prepare<[], string>('SELECT DISTINCT currency FROM budgets')
    .pluck()
    .all() as string[];
  return others.length === 0 ? only : undefined;
}

/** An import under way. Make it in a transaction: until that is committed, nothing has happened. */
export class OpenImport {
  readonly #db: SpendingDatabase;
  readonly #wish: ImportWish;
  readonly #id: number;
  readonly #firstRow: number;
  readonly #accounts: ImportAccounts;
  readonly #writer: EntryWriter;
  readonly #totals = new Map<string, { currency: string; inMinor: number; outMinor: number }>();
  #from: string | undefined;
  #to: string | undefined;

  constructor(db: SpendingDatabase, wish: ImportWish) {
    this.#db = db;
    this.#wish = wish;
    this.#id = Number(
      db
        .prepare('INSERT INTO imports (imported_at, file, format) VALUES (?, ?, ?)')
        .run(Temporal.Now.instant().toString({ smallestUnit: 'second' }), wish.file, wish.format)
        .lastInsertRowid,
    );
    this.#firstRow = Number(db.prepare('SELECT coalesce(max(id), 0) + 1 FROM transactions').pluck().get());
    this.#accounts = new ImportAccounts(db, wish.account);
    this.#writer = new EntryWriter(db, this.#id, categoryChooser(db));
  }

  /** A reason if it cannot be imported. */
  write(entry: StatementEntry): string | undefined {
    const { date, amountMinor, merchant, description, bankId, pending, transfer, category } = entry;
    if (Math.abs(amountMinor) > MAX_MINOR) return 'the amount is too large';
    const currency = entry.currency || this.#wish.currency;
    if (currency === undefined)
      throw new UsageError('the file does not say its currency', 'give it, such as --currency CHF');
    const stated = { date, amountMinor, currency, merchant, description };
    const accountId = this.#accounts.of(entry.accountNumber).id;
    this.#writer.write({
      ...stated,
      content: contentOf(stated),
      accountId,
      bankId,
      pending,
      transfer,
      category,
    });
    if (this.#from === undefined || date < this.#from) this.#from = date;
    if (this.#to === undefined || date > this.#to) this.#to = date;
    this.#count(currency, amountMinor);
    return undefined;
  }

  finish(): Imported {
    this.#writer.flush();
    const { counts } = this.#writer;
    const [id, from, to] = [this.#id, this.#from, this.#to];
    const accounts = this.#accounts.used;
    const only = accounts.length === 1 ? accounts[0]?.id : undefined;
    this.#db
      .prepare('UPDATE imports SET date_from = ?, date_to = ?, account_id = ? WHERE id = ?')
      .run(from ?? null, to ?? null, only ?? null, id);
    const reconciled = reconcile(this.#db, {
      id,
      from,
      to,
      firstRow: this.#firstRow,
      accounts: accounts.map((account) => account.id),
    });
    const { booked, outdated, absorbed, ...rest } = reconciled;
    const added = counts.added - absorbed;
    this.#db.prepare('UPDATE imports SET added = ? WHERE id = ?').run(added, id);
    return {
      ...rest,
      added,
      known: counts.known + outdated,
      updated: counts.updated,
      posted: counts.posted + booked,
      id,
      accounts,
      from,
      to,
      totals: [...this.#totals.values()].sort((a, b) => (a.currency < b.currency ? -1 : 1)),
    };
  }

  #count(currency: string, amountMinor: number): void {
    let total = this.#totals.get(currency);
    if (total === undefined) {
      total = { currency, inMinor: 0, outMinor: 0 };
      this.#totals.set(currency, total);
    }
    if (amountMinor > 0) total.inMinor += amountMinor;
    else total.outMinor -= amountMinor;
  }
}
