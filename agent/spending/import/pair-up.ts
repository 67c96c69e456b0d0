/** A transaction that may be the same as one of another file. */
export interface Candidate {
  readonly id: number;
  readonly accountId: number;
  readonly amountMinor: number;
  readonly currency: string;
  /** The other party, else the description; without case. */
  readonly who: string;
  /** A number that grows by one each day. */
  readonly day: number;
  readonly pending: 0 | 1;
  /** The user chose its category. */
  readonly byHand: 0 | 1;
  /** The days that its file covers. Null if it was written by hand. */
  readonly from: number | null;
  readonly to: number | null;
  readonly format: string | null;
}

/** How far apart the days of the same transaction may be. */
export const MAX_DAYS = 7;
/** Bounds the work where thousands have the same amount. */
const MAX_TRIES = 200;

/**
 * Pairs of an old and a new one with the same account and amount, at most one of each. Both must come in order of account,
 * amount and day. Keeps only those of one amount at a time.
 */
export function pairUp(
  olds: Iterable<Candidate>,
  news: () => Iterable<Candidate>,
  fits: (old: Candidate, fresh: Candidate) => boolean,
): [old: Candidate, fresh: Candidate][] {
  const pairs: [Candidate, Candidate][] = [];
  const oldGroups = groups(olds);
  let old = oldGroups.next();
  // Mostly there are none, and there are a million new ones.
  if (old.done) return pairs;
  const newGroups = groups(news());
  try {
    let fresh = newGroups.next();
    while (!old.done && !fresh.done) {
      const order = inOrder(old.value[0], fresh.value[0]);
      if (order === 0) for (const pair of pairsOf(old.value, fresh.value, fits)) pairs.push(pair);
      if (order <= 0) old = oldGroups.next();
      if (order >= 0) fresh = newGroups.next();
    }
    return pairs;
  } finally {
    // An open query would keep the database from writing.
    oldGroups.return(undefined);
    newGroups.return(undefined);
  }
}

type Group = readonly [Candidate, ...Candidate[]];

const inOrder = (a: Candidate, b: Candidate): number =>
  a.accountId - b.accountId || a.amountMinor - b.amountMinor;

function* groups(candidates: Iterable<Candidate>): Generator<Group> {
  let group: [Candidate, ...Candidate[]] | undefined;
  for (const next of candidates) {
    if (group !== undefined && inOrder(group[0], next) === 0) group.push(next);
    else {
      if (group !== undefined) yield group;
      group = [next];
    }
  }
  if (group !== undefined) yield group;
}

function* pairsOf(
  olds: Group,
  news: Group,
  fits: (old: Candidate, fresh: Candidate) => boolean,
): Generator<[Candidate, Candidate]> {
  const taken = new Set<Candidate>();
  let start = 0;
  for (const old of olds) {
    while (start < news.length && tooEarly(news[start], old, taken)) start += 1;
    for (const fresh of news.slice(start, start + MAX_TRIES)) {
      if (fresh.day > old.day + MAX_DAYS) break;
      if (taken.has(fresh) || !fits(old, fresh)) continue;
      taken.add(fresh);
      yield [old, fresh];
      break;
    }
  }
}

const tooEarly = (fresh: Candidate | undefined, old: Candidate, taken: ReadonlySet<Candidate>): boolean =>
  fresh === undefined || taken.has(fresh) || fresh.day < old.day - MAX_DAYS;
