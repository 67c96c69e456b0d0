import { NotAStatement } from '../statement.ts';

/** Longer is no row of a bank: most likely a quote is never closed. */
export const MAX_ROW = 100_000;

/** `fields` undefined: quotes in the row contradict each other, so where its fields end is not known. */
export type OnRow = (fields: string[] | undefined, line: number) => void;

const LINE_END = '\n';
const QUOTE = '"';

/**
 * Cuts CSV text into rows as it arrives. Fields may be quoted, with line breaks and doubled quotes inside. Line ends are
 * LF, CR LF or CR, and become LF inside fields. Quotes that were not doubled are kept as text if their meaning is clear:
 * `"Bar "Rosa" Basel"` is one field. csv-parse takes five times as long a row, and is what this one is fuzzed against.
 */
export class CsvRows {
  readonly #delimiter: string;
  readonly #onRow: OnRow;
  #rest = '';
  #line = 1;
  #endsWithCr = false;

  constructor(delimiter: string, onRow: OnRow) {
    this.#delimiter = delimiter;
    this.#onRow = onRow;
  }

  push(text: string): void {
    this.#read(this.#rest + this.#withLineFeeds(text), false);
  }

  end(): void {
    if (this.#rest !== '') this.#read(this.#rest + LINE_END, true);
  }

  #withLineFeeds(text: string): string {
    const whole = this.#endsWithCr && text.startsWith(LINE_END) ? text.slice(1) : text;
    if (text !== '') this.#endsWithCr = text.endsWith('\r');
    return whole.includes('\r') ? whole.replace(/\r\n?/g, LINE_END) : whole;
  }

  #read(text: string, last: boolean): void {
    let at = 0;
    let quoteAt = text.indexOf(QUOTE);
    for (let end = text.indexOf(LINE_END); end !== -1; end = text.indexOf(LINE_END, at)) {
      if (quoteAt !== -1 && quoteAt < at) quoteAt = text.indexOf(QUOTE, at);
      if (quoteAt === -1 || quoteAt > end) {
        this.#tooLong(end - at);
        this.#onRow(text.slice(at, end).split(this.#delimiter), this.#line);
        this.#line += 1;
        at = end + 1;
      } else {
        const next = this.#quotedRow(text, at);
        if (next === undefined) break;
        at = next;
      }
    }
    this.#rest = text.slice(at);
    this.#tooLong(this.#rest.length);
    if (last && this.#rest !== '')
      throw new NotAStatement(this.#line, 'a quote that opens in this row is never closed');
  }

  /** Where the next row starts. Undefined if this one is not complete. */
  #quotedRow(text: string, start: number): number | undefined {
    const fields: string[] = [];
    let clear = true;
    let breaks = 0;
    let at = start;
    for (;;) {
      let from = at;
      while (text[from] === ' ') from += 1;
      let end: number;
      if (text[from] === QUOTE) {
        const closing = this.#closing(text, from + 1);
        if (closing === undefined) return undefined;
        const field = text.slice(from + 1, closing.at);
        const lines = field.split(LINE_END).length - 1;
        breaks += lines;
        if (closing.stray && lines > 0) clear = false;
        fields.push(field.includes(QUOTE) ? field.replaceAll('""', QUOTE) : field);
        end = closing.end;
      } else {
        end = this.#fieldEnd(text, at);
        if (end === -1) return undefined;
        fields.push(text.slice(at, end));
      }
      at = end + 1;
      if (text[end] === LINE_END) break;
    }
    this.#tooLong(at - start);
    this.#onRow(clear ? fields : undefined, this.#line);
    this.#line += 1 + breaks;
    return at;
  }

  /** The quote that closes a field is followed by nothing but spaces before a delimiter or a line end. */
  #closing(text: string, from: number): { at: number; end: number; stray: boolean } | undefined {
    let stray = false;
    for (let at = text.indexOf(QUOTE, from); at !== -1; at = text.indexOf(QUOTE, at + 1)) {
      if (text[at + 1] === QUOTE) {
        at += 1;
        continue;
      }
      let end = at + 1;
      while (text[end] === ' ') end += 1;
      if (end >= text.length) return undefined;
      if (text[end] === LINE_END || text.startsWith(this.#delimiter, end)) return { at, end, stray };
      stray = true;
    }
    return undefined;
  }

  #fieldEnd(text: string, from: number): number {
    const lineEnd = text.indexOf(LINE_END, from);
    const delimiter = text.indexOf(this.#delimiter, from);
    return delimiter === -1 || (lineEnd !== -1 && lineEnd < delimiter) ? lineEnd : delimiter;
  }

  #tooLong(length: number): void {
    if (length > MAX_ROW) {
      throw new NotAStatement(
        this.#line,
        `a row of more than ${MAX_ROW} characters: perhaps a quote is never closed`,
      );
    }
  }
}
