import { minorOf } from '../../money.ts';
import {
  NotAStatement,
  type StatementEntry,
  type StatementReader,
  type StatementSink,
} from '../statement.ts';
import { amountOf } from './amounts.ts';
import { headerCells, usedColumns } from './columns.ts';
import { dateOf } from './dates.ts';
import { isTotal } from './footers.ts';
import { preambleFacts } from './preamble.ts';
import type { CsvProfile } from './profile.ts';
import { CsvRows } from './rows.ts';

/** A header that starts further down is none. */
const MAX_PREAMBLE = 100;
const MAX_MERCHANT = 200;
const MAX_DESCRIPTION = 500;

/** `currency` is that of amounts without one: it decides how many decimals they may have. */
export function csvReader(profile: CsvProfile, currency: string, sink: StatementSink): StatementReader {
  const reader = new CsvReader(profile, currency, sink);
  const rows = new CsvRows(profile.delimiter, (fields, line) => reader.row(fields, line));
  return {
    push: (text) => rows.push(text),
    end: () => {
      rows.end();
      reader.end();
    },
  };
}

/** Where each column stands. */
interface Places {
  readonly date: readonly number[];
  readonly amount: number | undefined;
  readonly debit: number | undefined;
  readonly credit: number | undefined;
  readonly fee: number | undefined;
  readonly direction: number | undefined;
  readonly currency: number | undefined;
  readonly merchant: readonly number[];
  readonly payer: number | undefined;
  readonly description: readonly number[];
  readonly bankId: number | undefined;
  readonly status: number | undefined;
  readonly category: number | undefined;
  readonly account: number | undefined;
  /** Fields that a row must have, and that it may have. */
  readonly least: number;
  readonly most: number;
}

/** Ends the reading of one row: the reason is the user's, and the others are read. */
class BadRow extends Error {}

class CsvReader {
  readonly #profile: CsvProfile;
  readonly #sink: StatementSink;
  #currency: string;
  #places: Places | undefined;
  #header = '';
  #preamble = 0;
  #account: string | undefined;
  #lastDate = '';
  #lastIso: string | undefined;

  constructor(profile: CsvProfile, currency: string, sink: StatementSink) {
    this.#profile = profile;
    this.#currency = currency;
    this.#sink = sink;
  }

  row(fields: string[] | undefined, line: number): void {
    if (this.#places === undefined && !this.#isStart(fields, line)) return;
    try {
      if (fields === undefined) throw new BadRow('its quotes contradict each other');
      const entry = this.#entry(fields, line);
      if (entry !== undefined) this.#sink.entry(entry);
    } catch (error) {
      if (!(error instanceof BadRow)) throw error;
      this.#sink.bad({ line, reason: error.message });
    }
  }

  end(): void {
    if (this.#places === undefined) throw this.#noHeader(this.#preamble);
  }

  /** False for the preamble and the header itself. */
  #isStart(fields: readonly string[] | undefined, line: number): boolean {
    const { header, columns } = this.#profile;
    if (!header) {
      const names = usedColumns(columns).map((name) => Number(/^column (\d+)$/.exec(name)?.[1]));
      const width = Math.max(...names.filter((n) => n > 0));
      this.#places = this.#placesIn(
        Array.from({ length: width }, (_, n) => `column ${n + 1}`),
        Number.POSITIVE_INFINITY,
      );
      return true;
    }
    if (fields === undefined) return false;
    const cells = headerCells(fields);
    const names = cells.map(({ name }) => name);
    const known = new Set(names);
    if (usedColumns(columns).every((name) => known.has(name))) {
      while (names.at(-1)?.startsWith('column ')) names.pop();
      this.#places = this.#placesIn(names, names.length);
      this.#header = fields.join();
      const amounts = [columns.amount, columns.debit, columns.credit];
      this.#currency =
        cells.find(({ name, currency }) => currency && amounts.includes(name))?.currency ?? this.#currency;
      return false;
    }
    const facts = preambleFacts(fields);
    this.#account ??= facts.account;
    this.#currency = facts.currency ?? this.#currency;
    this.#preamble += 1;
    if (this.#preamble > MAX_PREAMBLE) throw this.#noHeader(line);
    return false;
  }

  #noHeader(line: number): NotAStatement {
    const { columns, header } = this.#profile;
    if (!header) return new NotAStatement(line, 'no rows');
    return new NotAStatement(line, `no header row with the columns ${usedColumns(columns).join(', ')}`);
  }

  #placesIn(names: readonly string[], most: number): Places {
    const { columns } = this.#profile;
    const at = (name: string | undefined) => (name === undefined ? undefined : names.indexOf(name));
    const all = (list: readonly string[]) => list.map((name) => names.indexOf(name));
    const used = usedColumns(columns).map((name) => names.indexOf(name));
    return {
      date: all(columns.date),
      amount: at(columns.amount),
      debit: at(columns.debit),
      credit: at(columns.credit),
      fee: at(columns.fee),
      direction: at(columns.direction?.column),
      currency: at(columns.currency),
      merchant: all(columns.merchant),
      payer: at(columns.payer),
      description: all(columns.description),
      bankId: at(columns.bankId),
      status: at(columns.status?.column),
      category: at(columns.category),
      account: at(columns.account),
      least: Math.max(...used) + 1,
      most,
    };
  }

  /** Undefined for a row that is plainly no transaction: blank, a total, declined. */
  #entry(fields: readonly string[], line: number): StatementEntry | undefined {
    const places = this.#places as Places;
    const cell = (at: number | undefined): string => (at === undefined ? '' : (fields[at] ?? '').trim());
    const first = (among: readonly number[]): string => {
      for (const at of among) {
        const text = cell(at);
        if (text !== '') return text;
      }
      return '';
    };
    const amounts = [cell(places.amount), cell(places.debit), cell(places.credit)];
    const dateText = first(places.date);
    const date = this.#date(dateText);
    if (date === undefined && this.#isNoTransaction(fields, dateText, amounts.join(''))) return undefined;
    const { status } = this.#profile.columns;
    const state = status === undefined ? '' : cell(places.status).toLowerCase();
    if (status?.omit.includes(state)) return undefined;
    this.#checkWidth(fields, places);
    if (date === undefined) {
      throw new BadRow(
        dateText === '' ? 'no date' : `${quoted(dateText)} is no date in the order ${this.#profile.dates}`,
      );
    }
    if (amounts.join('') === '') {
      if (isTotal(fields)) return undefined;
      throw new BadRow('no amount');
    }
    const { minor, currency } = this.#amount(cell, places);
    const merchant = tidy(
      minor > 0 ? cell(places.payer) || first(places.merchant) : first(places.merchant) || cell(places.payer),
      MAX_MERCHANT,
    );
    const parts = places.description
      .map(cell)
      .filter((text, n, all) => text !== '' && all.indexOf(text) === n);
    return {
      line,
      date,
      amountMinor: minor,
      currency,
      merchant,
      description: tidy(parts.join(' '), MAX_DESCRIPTION),
      bankId: tidy(cell(places.bankId), MAX_MERCHANT) || undefined,
      pending: status?.pending.includes(state) ?? false,
      transfer: false,
      category: tidy(cell(places.category), MAX_MERCHANT) || undefined,
      accountNumber: cell(places.account).replace(/\s/g, '').slice(0, 50) || this.#account,
    };
  }

  /** Files are in order of dates: most rows have that of the row before. */
  #date(text: string): string | undefined {
    if (text !== this.#lastDate) {
      this.#lastIso = dateOf(text, this.#profile.dates);
      this.#lastDate = text;
    }
    return this.#lastIso;
  }

  #isNoTransaction(fields: readonly string[], dateText: string, amounts: string): boolean {
    const filled = fields.filter((field) => field.trim() !== '');
    if (filled.length < 2 || fields.join() === this.#header) return true;
    const dated = /\d/.test(dateText) && !isTotal([dateText]);
    return !dated && (amounts === '' || isTotal(fields));
  }

  #checkWidth(fields: readonly string[], { least, most }: Places): void {
    let width = fields.length;
    while (width > most && (fields[width - 1] ?? '').trim() === '') width -= 1;
    if (width > most || width < least) {
      throw new BadRow(`${width} fields, where the header has ${Number.isFinite(most) ? most : least}`);
    }
  }

  #amount(cell: (at: number | undefined) => string, places: Places): { minor: number; currency: string } {
    const { sign, columns } = this.#profile;
    const stated = cell(places.currency).toUpperCase();
    if (stated !== '' && !/^[A-Z]{3}$/.test(stated)) throw new BadRow(`${quoted(stated)} is no currency`);
    let currency = stated;
    const read = (at: number | undefined): number => {
      const text = cell(at);
      if (text === '') return 0;
      const amount = amountOf(text, this.#profile.decimal);
      if (amount === undefined) {
        throw new BadRow(
          `${quoted(text)} is no amount with the decimal sign ${quoted(this.#profile.decimal)}`,
        );
      }
      currency ||= amount.currency ?? this.#currency;
      const minor = minorOf(amount.decimal, currency);
      if (minor === undefined)
        throw new BadRow(`${quoted(text)} has more decimals than ${currency}, or is too large`);
      return minor;
    };
    const signed = sign === 'out-negative' ? 1 : -1;
    let minor: number;
    if (places.amount !== undefined) {
      minor = signed * read(places.amount);
      if (columns.direction !== undefined) {
        const word = cell(places.direction).toLowerCase();
        const isOut = columns.direction.out.includes(word);
        if (!isOut && !columns.direction.in.includes(word))
          throw new BadRow(`${quoted(word)} says neither out nor in`);
        if (!isOut && minor < 0) throw new BadRow(`a negative amount, and ${quoted(word)}`);
        minor = isOut ? -Math.abs(minor) : minor;
      }
    } else {
      const [debit, credit] = [read(places.debit), read(places.credit)];
      if (debit !== 0 && credit !== 0) throw new BadRow('both a debit and a credit');
      minor = credit + signed * debit;
    }
    minor -= read(places.fee);
    // Not −0, which is another zero to some.
    return { minor: minor || 0, currency };
  }
}

const quoted = (text: string): string => `"${text.slice(0, 40)}"`;

/** On one line, and short. */
const tidy = (text: string, most: number): string =>
  (/\p{Cc}|\s\s/u.test(text) ? text.replace(/[\p{Cc}\s]+/gu, ' ') : text).slice(0, most);
