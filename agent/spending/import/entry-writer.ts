import type { SpendingDatabase } from '../database.ts';
import type { Choice } from './choose-category.ts';
import type { Statement } from './content.ts';
import { FormerIdentities } from './former.ts';
import { BATCH, NewRows } from './new-rows.ts';
import { type KnownRow, Statements } from './statements.ts';

export interface Counts {
  added: number;
  /** They were there before. */
  known: number;
  /** Corrected by the bank: the same id, and another content. */
  updated: number;
  /** Pending ones that the bank has booked since. */
  posted: number;
}

/**
 * Writes what a file says, each transaction once. It is the same transaction if it has the bank's id of one that is known;
 * else the nth row of a file is the nth of those with the same content. So two equal coffees on one day stay two, and files
 * that overlap add up to what the one with most of them has.
 */
export class EntryWriter {
  readonly counts: Counts = { added: 0, known: 0, updated: 0, posted: 0 };
  readonly #statements: Statements;
  readonly #newRows: NewRows;
  readonly #former: FormerIdentities | undefined;
  readonly #choose: (said: Statement) => Choice;
  /** Which occurrence comes next, of contents that the file has more than once. */
  readonly #next = new Map<string, number>();

  constructor(db: SpendingDatabase, importId: number, choose: (said: Statement) => Choice) {
    this.#statements = new Statements(db, importId);
    this.#newRows = new NewRows(db, importId, this.#statements);
    this.#former = FormerIdentities.of(db);
    this.#choose = choose;
  }

  write(said: Statement): void {
    if (this.#newRows.isOfNewDay(said) && said.bankId === undefined && !said.pending) {
      const choice = this.#choose(said);
      if (!choice.transfer) {
        if (this.#newRows.add(said, choice) === BATCH) this.flush();
        return;
      }
    }
    this.flush();
    const { accountId, bankId } = said;
    const row = bankId === undefined ? undefined : this.#statements.withBankId(accountId, bankId);
    if (row === undefined) {
      if (this.#former?.isRemoved(said)) this.counts.known += 1;
      else this.#byContent(said);
      return;
    }
    const [id, importId, , content, pending, occurrence] = row;
    const same = content === said.content;
    // Some banks count the rows of each download, and the next one has the ids again for other rows.
    const isOther = !same && pending === 0 && !this.#statements.resembles(id, said);
    if (isOther || (!same && this.#statements.hasUnclaimed(said)))
      this.#byContent({ ...said, bankId: undefined });
    else if (this.#statements.see(id, importId)) {
      if (same) this.#again(row, said, occurrence);
      else this.#corrected(row, said);
    } else if (same) this.counts.known += 1;
    // Some banks use an id twice. A file that has both rows does not correct one by the other.
    else this.#byContent({ ...said, bankId: undefined });
  }

  /** Everything is in the database then. */
  flush(): void {
    const { added, again } = this.#newRows.flush();
    this.counts.added += added;
    for (const said of again) this.#byContent(said);
  }

  #byContent(said: Statement): void {
    const key = this.#next.size === 0 ? undefined : keyOf(said);
    let next = (key !== undefined && this.#next.get(key)) || 1;
    for (;;) {
      const row = this.#statements.withContent(said, next);
      const former = this.#former?.withContent(said, next);
      if (row === undefined && former === undefined) {
        this.#statements.add(said, next, this.#choose(said));
        this.counts.added += 1;
        next += 1;
        break;
      }
      const [id, importId, bankId, , , occurrence] = row ?? NONE;
      if (former !== undefined && former.occurrence < occurrence) {
        next = former.occurrence + 1;
        if (!fits(said, former.bankId)) continue;
        if (former.id !== null && !this.#statements.see(former.id, former.importId)) continue;
        if (former.id !== null) this.#statements.seeAs(former.id, said, former.occurrence);
        this.counts.known += 1;
        // Nothing else says that this file has had it.
        this.#next.set(key ?? keyOf(said), next);
        return;
      }
      next = occurrence + 1;
      if (!fits(said, bankId)) continue;
      if (!this.#statements.see(id, importId)) {
        // Of two pending ones, the file's first was taken for the one that the bank has booked.
        const other = this.#former && this.#statements.displace(id);
        if (other === undefined) continue;
        this.#byContent(other);
        break;
      }
      this.#again(row ?? NONE, said, occurrence);
      break;
    }
    if (next > 2) this.#next.set(key ?? keyOf(said), next);
  }

  /** Known, with the same content. */
  #again([id, , bankId, , pending]: KnownRow, said: Statement, occurrence: number): void {
    const posted = pending === 1 && !said.pending;
    if (pending === 0 && said.pending) this.#statements.seeAs(id, said, occurrence);
    else if (posted || (bankId === null && said.bankId !== undefined))
      this.#statements.restate(id, said, occurrence);
    this.counts[posted ? 'posted' : 'known'] += 1;
  }

  /** Known by the bank's id, with another content: a newer one, unless it was said before. */
  #corrected([id, , , content, pending]: KnownRow, said: Statement): void {
    const occurrence = this.#statements.freeOccurrence(said);
    const older = (pending === 0 && said.pending) || this.#statements.wasSaid(id, said.content);
    if (content === null || older) {
      this.#statements.seeAs(id, said, occurrence);
      this.counts.known += 1;
    } else {
      this.#statements.restate(id, said, occurrence);
      this.counts[pending === 1 && !said.pending ? 'posted' : 'updated'] += 1;
    }
  }
}

const NONE: KnownRow = [0, null, null, null, 0, Number.POSITIVE_INFINITY];

/** Two ids of a bank are two transactions, whatever else is equal. */
const fits = ({ bankId }: Statement, other: string | null): boolean =>
  bankId === undefined || other === null || other === bankId;

const keyOf = ({ accountId, content }: Statement): string => `${accountId} ${content}`;
