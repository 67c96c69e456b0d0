import type { SpendingDatabase } from '../database.ts';
import { mergeInto } from './merge.ts';
import { type Candidate, MAX_DAYS, pairUp } from './pair-up.ts';

export interface Reconciled {
  /** Pending ones that the bank has booked since, under another day or text. */
  readonly booked: number;
  /** Pending ones of this file that were known as booked. */
  readonly outdated: number;
  /** How many of this file's new rows became one with an older one so. */
  readonly absorbed: number;
  /** New ones that are probably known, which the user is asked about. */
  readonly suspected: number;
  /** Pending ones that the file should have, and has not: perhaps the bank dropped them. */
  readonly gone: number;
}

export interface Finished {
  readonly id: number;
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** Rows from here on are new. */
  readonly firstRow: number;
  readonly accounts: readonly number[];
}

/** The bank may book on another day than it shows a transaction as pending. */
const DAY_BEFORE = 1;
/** Two files may have different days of one transaction: when it happened, and when it was booked. */
const SUSPICIOUS_DAYS = 3;

/** What can only be told at the end of a file: by what it does not have. */
export function reconcile(db: SpendingDatabase, finished: Finished): Reconciled {
  const { from, to, firstRow } = finished;
  if (from === undefined || to === undefined)
    return { booked: 0, outdated: 0, absorbed: 0, suspected: 0, gone: 0 };
  const bounds = { ...finished, from, to };
  const becameBooked = becameBookedIn(db);
  const booked = pairsOf(db, bounds, becameBooked, 'old');
  // Of two that the user has seen, the one stays that they put into a category.
  for (const [pending, fresh] of booked)
    if (fresh.id >= firstRow || pending.byHand) mergeInto(db, pending.id, fresh.id, true);
    else mergeInto(db, fresh.id, pending.id, false);
  const outdated = pairsOf(db, bounds, (old, fresh) => becameBooked(fresh, old), 'fresh');
  for (const [old, fresh] of outdated) mergeInto(db, old.id, fresh.id, false);
  const suspects = pairsOf(db, bounds, isLikelySame);
  const suspect = db.prepare('UPDATE transactions SET suspect_of = ? WHERE id = ?');
  for (const [old, fresh] of suspects) suspect.run(old.id, fresh.id);
  return {
    booked: booked.length,
    outdated: outdated.length,
    absorbed: booked.filter(([, fresh]) => fresh.id >= firstRow).length + outdated.length,
    suspected: suspects.length,
    gone: countGone(db, bounds),
  };
}

/** More would take long, and only a made-up file needs them. */
const MAX_CHECKS = 100_000;

/** A file that has the booked one covers the day of the pending one and does not have it; and no file has both. */
function becameBookedIn(db: SpendingDatabase): (pending: Candidate, booked: Candidate) => boolean {
  const filesOf = (id: string) =>
    `SELECT import_id FROM transactions WHERE id = ${id} UNION SELECT import_id FROM sightings WHERE transaction_id = ${id}`;
  const inFiles = db.prepare<{ pending: number; booked: number }>(
    `SELECT 1 WHERE NOT EXISTS (${filesOf('@pending')} INTERSECT SELECT * FROM (${filesOf('@booked')}))
     AND EXISTS (SELECT 1 FROM imports i WHERE i.id IN (${filesOf('@booked')})
       AND (SELECT date FROM transactions WHERE id = @pending) BETWEEN i.date_from AND i.date_to)`,
  );
  let checks = 0;
  return (pending, booked) => {
    if (!couldBecome(pending, booked) || pending.from === null || checks >= MAX_CHECKS) return false;
    checks += 1;
    return inFiles.get({ pending: pending.id, booked: booked.id }) !== undefined;
  };
}

const couldBecome = (pending: Candidate, booked: Candidate): boolean =>
  pending.pending === 1 &&
  booked.pending === 0 &&
  pending.currency === booked.currency &&
  pending.who === booked.who &&
  booked.day - pending.day >= -DAY_BEFORE &&
  booked.day - pending.day <= MAX_DAYS;

/** Both files cover both days, and each has only one of them. What was typed by hand has no file. */
function isLikelySame(old: Candidate, fresh: Candidate): boolean {
  if (couldBecome(old, fresh) || couldBecome(fresh, old)) return true;
  // Of two formats, one may have the days of purchase and the other those of booking: also at the ends of the files.
  const slack = old.format === fresh.format ? 0 : SUSPICIOUS_DAYS;
  return (
    old.currency === fresh.currency &&
    Math.abs(old.day - fresh.day) <= (old.pending === fresh.pending ? SUSPICIOUS_DAYS : MAX_DAYS) &&
    covers(fresh, old, slack) &&
    (old.from === null || covers(old, fresh, slack))
  );
}

const covers = ({ from, to }: Candidate, { day }: Candidate, slack: number): boolean =>
  from !== null && to !== null && from - slack <= day && day <= to + slack;

type Bounds = Finished & { readonly from: string; readonly to: string };

const CANDIDATE = `SELECT t.id, t.account_id AS accountId, t.amount_minor AS amountMinor, t.currency, t.pending,
    lower(CASE t.merchant WHEN '' THEN t.description ELSE t.merchant END) AS who, julianday(t.date) AS day,
    t.category_by = 'hand' AS byHand, julianday(i.date_from) AS "from", julianday(i.date_to) AS "to",
    i.format
  FROM transactions t LEFT JOIN imports i ON i.id = t.import_id`;
const ORDER = 'ORDER BY t.account_id, t.amount_minor, t.date, t.id';
const IN_FILE = 'EXISTS (SELECT 1 FROM sightings s WHERE s.transaction_id = t.id AND s.import_id = @id)';
const NOT_IN_FILE = `t.import_id IS NOT @id AND NOT ${IN_FILE}`;

const IN_ACCOUNTS = 't.account_id IN (SELECT value FROM json_each(@accounts))';

/**
 * Old ones that the file does not have, with new ones. `pending`: which of the two are, if it matters. The file may have a
 * booked one that is not new.
 */
function pairsOf(
  db: SpendingDatabase,
  { id, from, to, firstRow, accounts }: Bounds,
  fits: (old: Candidate, fresh: Candidate) => boolean,
  pending?: 'old' | 'fresh',
): [Candidate, Candidate][] {
  const ofPending = (side: 'old' | 'fresh') =>
    pending === undefined ? '' : `AND t.pending = ${pending === side ? 1 : 0}`;
  const inFile = pending === 'old' ? `(t.import_id = @id OR ${IN_FILE})` : 't.id >= @firstRow';
  const named = { id, from, to, firstRow, accounts: JSON.stringify(accounts) };
  const old = `t.id < @firstRow AND ${NOT_IN_FILE} AND ${IN_ACCOUNTS} ${ofPending('old')}
    AND t.date BETWEEN date(@from, '-${MAX_DAYS} days') AND date(@to, '+${MAX_DAYS} days')`;
  const olds = db.prepare<typeof named, Candidate>(`${CANDIDATE} WHERE ${old} ${ORDER}`);
  // Most files are large and have few of those amounts: the rest need not be sorted.
  const news = db.prepare<typeof named, Candidate>(
    `${CANDIDATE} WHERE ${inFile} AND t.suspect_of IS NULL ${ofPending('fresh')}
     AND t.amount_minor IN (SELECT t.amount_minor FROM transactions t WHERE ${old}) ${ORDER}`,
  );
  return pairUp(olds.iterate(named), () => news.iterate(named), fits);
}

/** Of accounts that the file has. Banks show a transaction as pending for a week, at most. */
function countGone(db: SpendingDatabase, { id, from, to, accounts }: Bounds): number {
  return db
    .prepare<{ id: number; from: string; to: string; accounts: string }, number>(
      `SELECT count(*) FROM transactions t WHERE t.pending = 1 AND ${NOT_IN_FILE}
       AND t.date BETWEEN @from AND date(@to, '-${MAX_DAYS} days') AND ${IN_ACCOUNTS}`,
    )
    .pluck()
    .get({ id, from, to, accounts: JSON.stringify(accounts) }) as number;
}
