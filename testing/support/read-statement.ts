import {
  type BadEntry,
  NotAStatement,
  type StatementEntry,
  type StatementReader,
  type StatementSink,
} from '../../agent/spending/import/statement.ts';

export interface ReadStatement {
  readonly entries: StatementEntry[];
  readonly bad: BadEntry[];
  /** Why the file is refused, as "line 3: …". */
  readonly refused?: string;
}

/** What a reader makes of a file that arrives in these pieces. */
export function readStatement(
  open: (sink: StatementSink) => StatementReader,
  pieces: readonly string[],
): ReadStatement {
  const [entries, bad]: [StatementEntry[], BadEntry[]] = [[], []];
  try {
    const reader = open({ entry: (entry) => entries.push(entry), bad: (entry) => bad.push(entry) });
    for (const piece of pieces) reader.push(piece);
    reader.end();
    return { entries, bad };
  } catch (error) {
    if (!(error instanceof NotAStatement)) throw error;
    return { entries, bad, refused: `line ${error.line}: ${error.message}` };
  }
}

/** Minor units by currency; `none` where the file names none. */
export function totalsOf(entries: readonly StatementEntry[]): Record<string, number> {
  const totals: Record<string, number> = {};
  for (const { currency = 'none', amountMinor } of entries)
    totals[currency] = (totals[currency] ?? 0) + amountMinor;
  return totals;
}
