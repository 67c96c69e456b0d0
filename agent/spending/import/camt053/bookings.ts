import type { StatementSink } from '../statement.ts';
import { textOf } from '../values.ts';
import { entriesOf, signedAmount, type Values } from './entries.ts';

/** With more in a statement, or of more parts, the rest is read as the standard has it. */
const MAX_REVERSALS = 100;
const MAX_PARTS = 20;

export interface Entry {
  readonly line: number;
  readonly values: Values;
  /** Its parts. None if there are more than are held. */
  details: Values[];
  count: number;
  problem?: string;
}

/**
 * The entries of one statement. Of a reversal (RvslInd), CdtDbtInd is its own direction by the standard; some banks write
 * that of what it takes back. The balances before and after decide, so reversals come last.
 */
export class Bookings {
  account = '';
  readonly #sink: StatementSink;
  readonly #reversals: Entry[] = [];
  #sum = 0;
  #opening: number | undefined;
  #closing: number | undefined;

  constructor(sink: StatementSink) {
    this.#sink = sink;
  }

  balance(values: Values): void {
    const kind = values.get('Tp/CdOrPrtry/Cd') ?? '';
    const minor = signedAmount(values, values.get('CdtDbtInd') ?? 'CRDT', values.get('Amt@Ccy') ?? '');
    if (kind === 'CLBD') this.#closing = minor;
    else if (kind === 'OPBD' || kind === 'PRCD') this.#opening ??= minor;
  }

  add(entry: Entry): void {
    const reversal = ['true', '1'].includes(entry.values.get('RvslInd') ?? '');
    const held = reversal && this.#reversals.length < MAX_REVERSALS && entry.details.length < MAX_PARTS;
    if (held) this.#reversals.push(entry);
    else this.#sum += this.#read(entry, false, this.#sink);
  }

  end(): void {
    const change = (this.#closing ?? Number.NaN) - (this.#opening ?? Number.NaN);
    const nobody: StatementSink = { entry: () => {}, bad: () => {} };
    const taken = this.#reversals.reduce((sum, entry) => sum + this.#read(entry, false, nobody), 0);
    const ofOriginal = taken !== 0 && this.#sum - taken === change;
    for (const entry of this.#reversals) this.#read(entry, ofOriginal, this.#sink);
  }

  /** The sum of what is booked. */
  #read({ line, values, details, problem }: Entry, ofOriginal: boolean, sink: StatementSink): number {
    const read = problem ?? entriesOf(values, details, ofOriginal);
    if (typeof read === 'string') {
      sink.bad({ line, reason: read });
      return 0;
    }
    const accountNumber = textOf(this.account) || undefined;
    for (const each of read) sink.entry({ line, accountNumber, ...each });
    return read.reduce((sum, { amountMinor, pending }) => sum + (pending ? 0 : amountMinor), 0);
  }
}
