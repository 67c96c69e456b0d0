import { UsageError } from '@spendwise/sandbox/errors';
import type { SpendingDatabase } from '../database.ts';
import { folded, ownText } from '../household/names.ts';

export interface ImportAccount {
  readonly id: number;
  readonly name: string;
  readonly number: string | null;
  readonly isNew: boolean;
  /** What the file has for its number, if that is not it. */
  readonly other?: string | undefined;
}

const MAX_NAME = 60;
/** In one file. Each new one becomes an account of the household. */
const MAX_ACCOUNTS = 50;

/** The accounts that a file's rows belong to. Those that are new are made, and named after their number. */
export class ImportAccounts {
  readonly #db: SpendingDatabase;
  readonly #named: string | undefined;
  readonly #byNumber = new Map<string | undefined, ImportAccount>();

  /** `named`: the account of all rows, if the user said so. */
  constructor(db: SpendingDatabase, named: string | undefined) {
    this.#db = db;
    this.#named = named;
  }

  get used(): ImportAccount[] {
    return [...new Map([...this.#byNumber.values()].map((account) => [account.id, account])).values()];
  }

  /** By its number in the file. Throws UsageError if the file does not say, and there are several. */
  of(text: string | undefined): ImportAccount {
    const known = this.#byNumber.get(text);
    if (known !== undefined) return known;
    if (this.#byNumber.size >= MAX_ACCOUNTS)
      throw new UsageError(
        `the file names more than ${MAX_ACCOUNTS} accounts`,
        'is one of its columns taken for the account?',
      );
    const number = text?.replace(/\s+/g, '').toUpperCase() || undefined;
    const account =
      this.#named === undefined ? this.#stated(text, number) : this.#chosen(this.#named, number);
    this.#byNumber.set(text, account);
    return account;
  }

  /** QIF and our own CSV state a name in place of a number. */
  #stated(text: string | undefined, number: string | undefined): ImportAccount {
    const all = this.#all();
    if (text !== undefined && number !== undefined) {
      const named = all.find((account) => folded(account.name) === folded(text));
      return (
        all.find((account) => account.number === number) ??
        (named === undefined
          ? this.#make(freeName(/\p{Ll}/u.test(text) ? text : number, all), number)
          : named.number === null
            ? this.#withNumber(named, number)
            : named)
      );
    }
    const [only, ...others] = all;
    if (only !== undefined && others.length === 0) return only;
    throw new UsageError(
      'the file does not say which account it is of',
      `give --account NAME; there are: ${all.map(({ name }) => name).join(', ')}`,
    );
  }

  /** What the user says holds, whatever number the file names. */
  #chosen(text: string, number: string | undefined): ImportAccount {
    const name = ownText(text, 'the name of the account', MAX_NAME);
    const all = this.#all();
    const isFree = number !== undefined && all.every((one) => one.number !== number);
    const account =
      all.find((one) => one.name === name) ?? all.find((one) => folded(one.name) === folded(name));
    if (account === undefined && (isFree || number === undefined)) return this.#make(name, number);
    if (account?.number === null && isFree) return this.#withNumber(account, number);
    const other = account?.number === number ? undefined : number;
    return { ...(account ?? this.#make(name, undefined)), other };
  }

  #withNumber(account: ImportAccount, number: string): ImportAccount {
    this.#db.prepare('UPDATE accounts SET number = ? WHERE id = ?').run(number, account.id);
    return { ...account, number };
  }

  #make(name: string, number: string | undefined): ImportAccount {
    const { lastInsertRowid } = this.#db
      .prepare('INSERT INTO accounts (name, number) VALUES (?, ?)')
      .run(name, number ?? null);
    return { id: Number(lastInsertRowid), name, number: number ?? null, isNew: true };
  }

  #all(): ImportAccount[] {
    return this.#db
      .prepare<[], Omit<ImportAccount, 'isNew'>>('SELECT id, name, number FROM accounts ORDER BY id')
      .all()
      .map((account) => ({ ...account, isNew: false }));
  }
}

function freeName(wished: string, all: readonly ImportAccount[]): string {
  const name = wished.slice(0, MAX_NAME - 5).trim();
  for (let n = 1; ; n += 1) {
    const tried = n === 1 ? name : `${name} (${n})`;
    if (!all.some((account) => folded(account.name) === folded(tried))) return tried;
  }
}
