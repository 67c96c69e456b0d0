import { isUtf8 } from 'node:buffer';
import { NotAStatement } from './statement.ts';

/** What the first part of a file must have for a guess. */
export const SNIFFED_BYTES = 64 * 1024;

export interface EncodingGuess {
  /** A label of the WHATWG's standard. */
  readonly encoding: string;
  readonly certain: boolean;
  readonly alternatives: readonly string[];
}

const certainly = (encoding: string): EncodingGuess => ({
  encoding,
  certain: true,
  alternatives: [encoding],
});

/** `declared`: what the file says itself (the header of OFX, the declaration of XML). A byte order mark overrules it. */
export function sniffEncoding(sample: Uint8Array, declared?: string): EncodingGuess {
  const marked = byteOrderMark(sample) ?? zeroBytes(sample);
  if (marked !== undefined) return certainly(marked);
  if (declared !== undefined && isEncoding(declared) && decodes(sample, declared)) return certainly(declared);
  if (isUtf8Start(sample)) return certainly('utf-8');
  return legacyEncoding(sample);
}

export function isEncoding(label: string): boolean {
  try {
    new TextDecoder(label);
    return true;
  } catch {
    return false;
  }
}

function byteOrderMark([a, b, c]: Uint8Array): string | undefined {
  if (a === 0xef && b === 0xbb && c === 0xbf) return 'utf-8';
  if (a === 0xff && b === 0xfe) return 'utf-16le';
  return a === 0xfe && b === 0xff ? 'utf-16be' : undefined;
}

/** In UTF-16, each second byte of most text is zero; in no other encoding is one. */
function zeroBytes(sample: Uint8Array): string | undefined {
  const zeros = [0, 0];
  for (const [at, byte] of sample.entries()) if (byte === 0) zeros[at % 2] = (zeros[at % 2] ?? 0) + 1;
  const [even = 0, odd = 0] = zeros;
  if (Math.max(even, odd) < sample.length / 5 || Math.min(even, odd) > sample.length / 50) return undefined;
  return odd > even ? 'utf-16le' : 'utf-16be';
}

/** The sample may end within a character. */
const isUtf8Start = (sample: Uint8Array): boolean =>
  [0, 1, 2, 3].some((cut) => isUtf8(sample.subarray(0, sample.length - cut)));

function decodes(sample: Uint8Array, encoding: string): boolean {
  try {
    new TextDecoder(encoding, { fatal: true }).decode(sample, { stream: true });
    return true;
  } catch {
    return false;
  }
}

/** The letters and signs of Western Europe that windows-1252 has beyond ASCII. */
const WESTERN = /^[äöüÄÖÜßéèêëÉÈÊàâáãåÀÂÁÃÅîïíìÎÍôóòõøÔÓÒÕØùûúÙÛÚçÇñÑæÆœŒ€£«»°·’‘“”–—…´§¡¿ªº\u00a0]{1,2}$/;

function legacyEncoding(sample: Uint8Array): EncodingGuess {
  const western = new TextDecoder('windows-1252').decode(sample);
  const runs = western.match(/[^\0-\x7f]+/g) ?? [];
  if (runs.every((run) => WESTERN.test(run)))
    return { encoding: 'windows-1252', certain: true, alternatives: ['windows-1252'] };
  const pairs = runs.filter((run) => run.length % 2 === 0).length;
  const asian = ['gb18030', 'euc-jp', 'shift_jis', 'euc-kr', 'big5'].filter((encoding) =>
    decodes(sample, encoding),
  );
  const europe = ['windows-1252', 'windows-1250', 'windows-1251', 'iso-8859-2', 'iso-8859-15'];
  if (asian.length === 0 || pairs < runs.length * 0.7)
    return { encoding: 'windows-1252', certain: false, alternatives: [...europe, ...asian] };
  const kana = (encoding: string) =>
    (new TextDecoder(encoding).decode(sample).match(/[\u3041-\u30ff]/g) ?? []).length;
  const japanese = ['euc-jp', 'shift_jis'].filter(
    (encoding) => asian.includes(encoding) && kana(encoding) > 0,
  );
  const encoding = japanese.toSorted((a, b) => kana(b) - kana(a))[0] ?? asian[0] ?? 'windows-1252';
  return { encoding, certain: false, alternatives: [...asian, ...europe] };
}

/** Bytes to text as they arrive. Throws NotAStatement where they are not of this encoding: nothing is replaced. */
export class TextOfBytes {
  readonly #decoder: TextDecoder;
  readonly #encoding: string;
  #line = 1;

  constructor(encoding: string) {
    this.#encoding = encoding;
    this.#decoder = new TextDecoder(encoding, { fatal: true });
  }

  push(bytes: Uint8Array): string {
    const text = this.#decode(bytes, true);
    this.#line += lineFeeds(text);
    return text;
  }

  end(): string {
    return this.#decode(new Uint8Array(), false);
  }

  #decode(bytes: Uint8Array, stream: boolean): string {
    try {
      return this.#decoder.decode(bytes, { stream });
    } catch {
      throw new NotAStatement(this.#line + this.#goodLines(bytes), `bytes that are not ${this.#encoding}`);
    }
  }

  /** How many lines of these bytes can be read. */
  #goodLines(bytes: Uint8Array): number {
    const strict = new TextDecoder(this.#encoding, { fatal: true });
    const text = new TextDecoder(this.#encoding).decode(bytes);
    const lines = text.split('\n');
    void strict;
    const bad = lines.findIndex((line, n) => line.includes('\ufffd') && n > 0);
    return Math.max(0, lines[0]?.includes('\ufffd') ? 0 : bad);
  }
}

function lineFeeds(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}
