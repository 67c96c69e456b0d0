import { NotAStatement } from './statement.ts';
import { countLines } from './values.ts';

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

/** `declared`: what the file says itself (the header of OFX, the declaration of XML). Many banks say one and write UTF-8. */
export function sniffEncoding(sample: Uint8Array, declared?: string): EncodingGuess {
  const marked = byteOrderMark(sample) ?? zeroBytes(sample);
  if (marked !== undefined) return certainly(marked);
  const isAscii = sample.every((byte) => byte < 0x80);
  if (!isAscii && decodes(sample, 'utf-8')) return certainly('utf-8');
  if (declared !== undefined && isEncoding(declared) && decodes(sample, declared)) return certainly(declared);
  if (isAscii) return certainly('utf-8');
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
  if (Math.max(even, odd) <= sample.length / 5 || Math.min(even, odd) > sample.length / 50) return undefined;
  return odd > even ? 'utf-16le' : 'utf-16be';
}

/** The sample may end within a character. */
function decodes(sample: Uint8Array, encoding: string): boolean {
  try {
    new TextDecoder(encoding, { fatal: true }).decode(sample, { stream: true });
    return true;
  } catch {
    return false;
  }
}

/** Words of header rows, by which an encoding of East Asia is told from others in which the bytes mean something else. */
const EASTERN = {
  gb18030: /交易|金额|日期|余额|账户/,
  'euc-jp': /取引|残高|金額|日付|ご利用|お支払|お預/,
  shift_jis: /取引|残高|金額|日付|ご利用|お支払|お預/,
  big5: /交易|金額|日期|餘額|帳戶/,
  'euc-kr': /거래|금액|날짜|잔액|입금|출금/,
};
/** Letters and signs of an encoding beyond ASCII, as they stand in texts of banks: one or two, within words. */
const WESTERN = /^[äöüÄÖÜßéèêëÉÈÊËàâáãåÀÂÁÃÅîïíìÎÏÍÌôóòõøÔÓÒÕØùûúÙÛÚçÇñÑæÆœŒ€£«»°·’‘“”–—…´§¡¿ªº\u00a0]{1,2}$/;
const EUROPEAN = {
  'windows-1252': WESTERN,
  'windows-1250': /^[ąćęłńóśźżĄĆĘŁŃÓŚŹŻáčďéěíňřšťúůýžÁČĎÉĚÍŇŘŠŤÚŮÝŽöőüűÖŐÜŰäôľĺŕÄÔĽăâîșțşţ„”’€–\u00a0]{1,2}$/,
  'iso-8859-2': /^[ąćęłńóśźżĄĆĘŁŃÓŚŹŻáčďéěíňřšťúůýžÁČĎÉĚÍŇŘŠŤÚŮÝŽöőüűÖŐÜŰäôľĺŕÄÔĽăâî\u00a0]{1,2}$/,
  // Where windows-1252 has "¤" for the euro, and "Š" for "ä".
  'iso-8859-15': WESTERN,
  macintosh: WESTERN,
  'windows-1251': /^[а-яА-ЯёЁіїєґІЇЄҐўЎ№«»–—\u00a0]+$/,
};

/** Certain only where the bytes make known words or the letters of Western Europe: most bytes are letters in any encoding. */
function legacyEncoding(sample: Uint8Array): EncodingGuess {
  const text = (encoding: string) => new TextDecoder(encoding).decode(sample);
  const eastern = Object.entries(EASTERN).filter(
    ([encoding, words]) => decodes(sample, encoding) && words.test(text(encoding)),
  );
  const european = Object.entries(EUROPEAN).filter(([encoding, letters]) =>
    (text(encoding).match(/[^\0-\u007f]+/g) ?? []).every((run) => letters.test(run)),
  );
  const fitting = [...eastern, ...european].map(([encoding]) => encoding);
  const encoding = fitting[0] ?? 'windows-1252';
  const certain = encoding === 'windows-1252' ? fitting.length > 0 : eastern.length === 1;
  return {
    encoding,
    certain,
    alternatives: certain
      ? [encoding]
      : [...new Set([...fitting, ...Object.keys(EUROPEAN), ...Object.keys(EASTERN)])],
  };
}

/** Bytes to text as they arrive. Throws NotAStatement where they are not of this encoding: nothing is replaced. */
export class TextOfBytes {
  readonly #decoder: TextDecoder;
  readonly #encoding: string;
  #line = 1;
  /** What came since the last line feed: with it, a chunk starts with a whole character. */
  #lastLine: Uint8Array = new Uint8Array();

  constructor(encoding: string) {
    this.#encoding = encoding;
    this.#decoder = new TextDecoder(encoding, { fatal: true });
  }

  push(bytes: Uint8Array): string {
    return this.#decode(bytes, true);
  }

  end(): string {
    return this.#decode(new Uint8Array(), false);
  }

  #decode(bytes: Uint8Array, stream: boolean): string {
    try {
      const text = this.#decoder.decode(bytes, { stream });
      this.#line += countLines(text);
      this.#lastLine = Buffer.from(bytes.subarray(bytes.lastIndexOf(0x0a) + 1));
      return text;
    } catch {
      throw new NotAStatement(this.#badLine(bytes), `bytes that are no ${this.#encoding}: name the encoding`);
    }
  }

  #badLine(bytes: Uint8Array): number {
    const aligned = this.#encoding.startsWith('utf-16') ? bytes : Buffer.concat([this.#lastLine, bytes]);
    const [good = ''] = new TextDecoder(this.#encoding).decode(aligned).split('\ufffd', 1);
    return this.#line + countLines(good);
  }
}
