import { currencyCode, minorOf } from '../../money.ts';
import type { StatementEntry } from '../statement.ts';
import { inQuotes, textOf } from '../values.ts';
import { amountOf } from './amounts.ts';
import { dateOf } from './dates.ts';
import { isTotal } from './footers.ts';
import { WORDS } from './names.ts';
import type { Places } from './places.ts';
import type { CsvProfile } from './profile.ts';

/** Ends the reading of one row. The message is for the user. */
export class BadRow extends Error {}

export interface CsvOptions {
  readonly profile: CsvProfile;
  /** Of amounts whose file names none: it decides how many decimals they may have. */
  readonly currency: string;
}

/** What the file says of all its rows. */
export interface FileFacts {
  account?: string | undefined;
  currency?: string | undefined;
}

/** Makes transactions of rows. Runs a million times: it makes as few objects as it can. */
export class EntryOfRow {
  readonly #profile: CsvProfile;
  readonly #currency: string;
  readonly #places: Places;
  readonly #header: string;
  readonly #facts: FileFacts;
  #lastDate = '';
  #lastIso: string | undefined;
  #lastGroup = '';

  constructor(
    { profile, currency }: CsvOptions,
    places: Places,
    header: readonly string[],
    facts: FileFacts,
  ) {
    this.#profile = profile;
    this.#currency = currency;
    this.#places = places;
    this.#header = header.join();
    this.#facts = facts;
  }

  /** Undefined for a row that plainly is no transaction: blank, a total, declined. */
  of(row: readonly string[], line: number): StatementEntry | undefined {
    const places = this.#places;
    const { status } = this.#profile.columns;
    const booked = cell(row, places.date[0] ?? -1);
    let date = this.#date(booked);
    for (const at of places.date) date ??= this.#date(cell(row, at));
    // A row without a date of booking, where others have one, is not booked yet.
    const isPending = date !== undefined && date !== this.#date(booked);
    if (date === undefined && this.#isNoTransaction(row, booked)) return undefined;
    const state = status === undefined ? '' : cell(row, places.status).toLowerCase();
    if (status?.omit.includes(state)) return undefined;
    const group = cell(row, places.group);
    const pending = isPending || (status?.pending.includes(state) ?? false);
    if (!this.#hasAmount(row)) {
      // A total, the details of the row above, or what the bank does not know yet.
      if (isTotal(row) || (group !== '' && group === this.#lastGroup) || pending) return undefined;
    }
    this.#checkWidth(row);
    if (date === undefined) {
      throw new BadRow(
        booked === '' ? 'no date' : `${inQuotes(booked)} is no date in the order ${this.#profile.dates}`,
      );
    }
    if (!this.#hasAmount(row)) throw new BadRow('no amount');
    this.#lastGroup = group;
    const currency = this.#currencyOf(row);
    const amountMinor = this.#amount(row, currency ?? this.#currency);
    const payer = places.payer === -1 ? '' : cell(row, places.payer);
    const merchant = first(row, places.merchant);
    return {
      line,
      date,
      amountMinor,
      currency,
      merchant: tidy((amountMinor > 0 && payer) || merchant || payer),
      description: tidy(joined(row, places.description)),
      bankId: tidy(cell(row, places.bankId)) || undefined,
      pending,
      transfer: cell(row, places.transfer) === 'true',
      category: tidy(cell(row, places.category)) || undefined,
      accountNumber: tidy(cell(row, places.account)) || this.#facts.account,
    };
  }

  /** Files are in order of dates: most rows have that of the row before. */
  #date(text: string): string | undefined {
    const day = STAMP.test(text) ? text.slice(0, 10) : text;
    if (day !== this.#lastDate) {
      this.#lastIso = dateOf(day, this.#profile.dates);
      this.#lastDate = day;
    }
    return this.#lastIso;
  }

  #hasAmount(row: readonly string[]): boolean {
    const { amount, debit, credit } = this.#places;
    return cell(row, amount) !== '' || cell(row, debit) !== '' || cell(row, credit) !== '';
  }

  /** For a row without a date. */
  #isNoTransaction(row: readonly string[], dateText: string): boolean {
    const filled = row.filter((field) => field.trim() !== '');
    if (filled.length < 2 || row.join() === this.#header) return true;
    const dated = /\d/.test(dateText) && !isTotal([dateText]);
    // Not booked yet, on a day that the bank does not know yet.
    if (WORDS.pending.includes(dateText.toLowerCase())) return true;
    return !dated && (!this.#hasAmount(row) || isTotal(row));
  }

  #checkWidth(row: readonly string[]): void {
    const { least, most } = this.#places;
    let width = row.length;
    while (width > most && (row[width - 1] ?? '').trim() === '') width -= 1;
    if (width > most || width < least)
      throw new BadRow(`${width} fields, where ${width > most ? most : least} belong`);
  }

  /** Of the row. Otherwise the amount may have one beside it. */
  #currencyOf(row: readonly string[]): string | undefined {
    const { currency, amount, debit, credit } = this.#places;
    const stated = cell(row, currency);
    if (stated !== '') {
      const code = currencyCode(stated);
      if (code === undefined) throw new BadRow(`${inQuotes(stated)} is no currency of ISO 4217`);
      return code;
    }
    const text = cell(row, amount) || cell(row, debit) || cell(row, credit);
    if (PLAIN.test(text)) return this.#facts.currency;
    return amountOf(text, this.#profile.decimal)?.currency ?? this.#facts.currency;
  }

  #amount(row: readonly string[], currency: string): number {
    const { amount, debit, credit, fee } = this.#places;
    const sign = this.#profile.sign === 'out-negative' ? 1 : -1;
    let minor: number;
    if (amount !== -1) {
      minor = this.#directed(row, this.#read(cell(row, amount), currency, sign));
    } else {
      const [out, into] = [
        this.#read(cell(row, debit), currency, sign),
        this.#read(cell(row, credit), currency, 1),
      ];
      if (out !== 0 && into !== 0) throw new BadRow('both a debit and a credit');
      minor = into + out;
    }
    if (fee !== -1) minor -= this.#read(cell(row, fee), currency, 1);
    // Not −0, which is another zero to some.
    return minor || 0;
  }

  #directed(row: readonly string[], minor: number): number {
    const { direction } = this.#profile.columns;
    if (direction === undefined) return minor;
    const word = cell(row, this.#places.direction).toLowerCase();
    if (direction.out.includes(word)) return -Math.abs(minor);
    if (!direction.in.includes(word)) throw new BadRow(`${inQuotes(word)} says neither out nor in`);
    if (minor < 0) throw new BadRow(`a negative amount, and ${inQuotes(word)}`);
    return minor;
  }

  /** `sign`: of an amount that is not marked as out or in. */
  #read(text: string, currency: string, sign: 1 | -1): number {
    if (text === '') return 0;
    const { decimal } = this.#profile;
    const amount = amountOf(text, decimal);
    if (amount === undefined)
      throw new BadRow(`${inQuotes(text)} is no amount with the decimal sign ${inQuotes(decimal)}`);
    const minor = minorOf(amount.decimal, currency);
    if (minor === undefined)
      throw new BadRow(`${inQuotes(text)} has more decimals than ${currency}, or is too large`);
    if (amount.marked !== undefined) return amount.marked === 'in' ? minor : -minor;
    return sign * minor;
  }
}

const cell = (row: readonly string[], at: number): string => (at === -1 ? '' : (row[at] ?? '').trim());

function first(row: readonly string[], places: readonly number[]): string {
  for (const at of places) {
    const text = cell(row, at);
    if (text !== '') return text;
  }
  return '';
}

/** Banks repeat one text in several columns. */
function joined(row: readonly string[], places: readonly number[]): string {
  if (places.length < 2) return first(row, places);
  const texts = places.map((at) => cell(row, at));
  return texts.filter((text, n) => text !== '' && texts.indexOf(text) === n).join(' ');
}

/** Most texts are in order, and looking is cheaper than replacing. */
function tidy(text: string): string {
  const bare = text.charCodeAt(0) === APOSTROPHE && GUARD.test(text) ? text.slice(1) : text;
  return bare.length > MAX_TIDY || UNTIDY.test(bare) ? textOf(bare) : bare;
}
const APOSTROPHE = 39;
/** Exports put an apostrophe in front of what a spreadsheet would take for a formula. Ours does, too. */
const GUARD = /^'+[=+\-@＝＋－＠]/;
const MAX_TIDY = 500;
/** A time of day after the date. */
const STAMP = /^\S{10}[ T]\d\d:\d\d[\d:.]{0,20}$/;
/** Without the code of a currency. */
const PLAIN = /^[-\d.,]*$/;
const UNTIDY = /[\p{Cc}\p{Cs}]|\s\s/u;
