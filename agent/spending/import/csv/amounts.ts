import { currencyCode } from '../../money.ts';

export const DECIMAL_SIGNS = ['.', ','] as const;
export type DecimalSign = (typeof DECIMAL_SIGNS)[number];

const PLAIN = { '.': /^-?\d+(?:\.\d+)?$/, ',': /^-?\d+(?:,\d+)?$/ };
/** Groups of three digits, or as India writes them: 1,23,456.78. */
const GROUPED = {
  '.': /^(?:\d{1,3}(?:[,'’ ]\d{3})+|\d{1,3}(?:,\d{2})*,\d{3}|\d*)(?:\.\d*)?$/,
  ',': /^(?:\d{1,3}(?:[.'’ ]\d{3})+|\d*)(?:,\d*)?$/,
};
const MARKS =
  /^(?:([A-Za-z]{3})|[$€£¥₹]|Fr\.?|kr\.?|zł|Kč)? ?(.*?) ?(?:([A-Za-z]{3})|[$€£¥₹]|Fr\.?|kr\.?|zł|Kč)?$/;

export interface Amount {
  /** As `minorOf` takes it. */
  readonly decimal: string;
  /** The code that stands beside the number. */
  readonly currency?: string | undefined;
  /** "DR" or "CR" stands beside it: this is how money went, whatever signs mean in the file. `decimal` has none. */
  readonly marked?: 'out' | 'in' | undefined;
}

/** "1'234.50-", "(12.00)", "EUR 1.234,50", "12.00 DR" → a decimal. Undefined if it is no amount with this decimal sign. */
export function amountOf(text: string, sign: DecimalSign): Amount | undefined {
  if (PLAIN[sign].test(text)) return { decimal: sign === '.' ? text : text.replace(',', '.') };
  const bare = bareNumber(text);
  if (bare === undefined || !GROUPED[sign].test(bare.digits) || !/\d/.test(bare.digits)) return undefined;
  const [whole = '', fraction = ''] = bare.digits.split(sign);
  const decimal = `${bare.negative ? '-' : ''}${whole.replace(/\D/g, '') || '0'}.${fraction || '0'}`;
  return { decimal, currency: bare.currency, marked: bare.marked };
}

interface BareNumber {
  readonly digits: string;
  readonly negative: boolean;
  readonly currency: string | undefined;
  readonly marked: 'out' | 'in' | undefined;
}

/** Digits and separators of an amount, whatever its decimal sign. */
export function bareNumber(text: string): BareNumber | undefined {
  if (text.length > 60) return undefined;
  // Most amounts.
  if (/^-?[\d.,']+$/.test(text)) {
    const negative = text.startsWith('-');
    return { digits: negative ? text.slice(1) : text, negative, currency: undefined, marked: undefined };
  }
  const plain = text
    .replace(/^="?|"$/g, '')
    .replace(/[\s\u00a0\u2007\u2009\u202f]+/g, ' ')
    .replace(/[\u2212\u2013]/g, '-')
    .replace(/(?<=[.,])-{1,2}$/, '')
    .trim();
  const outer = withoutSign(plain);
  const [, before, middle = '', after] = MARKS.exec(outer.rest) ?? [];
  const code = (before ?? after)?.toUpperCase();
  if (code !== undefined && currencyCode(code) === undefined) return undefined;
  // One sign, on either side of the currency: with two, what the amount is would be a guess.
  const inner = outer.sign === undefined ? withoutSign(middle) : { rest: middle, sign: outer.sign };
  if (!/^[\d.,'’ ]*$/.test(inner.rest)) return undefined;
  const marked = { DR: 'out', CR: 'in' } as const;
  return {
    digits: inner.rest,
    negative: inner.sign === '-',
    currency: code,
    marked: inner.sign === 'DR' || inner.sign === 'CR' ? marked[inner.sign] : undefined,
  };
}

function withoutSign(text: string): { rest: string; sign?: '-' | '+' | 'DR' | 'CR' } {
  for (const [pattern, sign] of SIGNS) {
    const rest = pattern.exec(text)?.[1];
    if (rest !== undefined) return { rest: rest.trim(), sign };
  }
  return { rest: text };
}

const SIGNS = [
  [/^\((.*)\)$/, '-'],
  [/^-(.*)$/, '-'],
  [/^(.*)-$/, '-'],
  [/^\+(.*)$/, '+'],
  [/^(.*)\+$/, '+'],
  [/^(.*\d) ?DR?\.?$/i, 'DR'],
  [/^(.*\d) ?CR?\.?$/i, 'CR'],
] as const;

/** Which decimal signs the amount can have. Both if there is none, and in "1.234", which may be a thousand or one. */
export const decimalSignsOf = (text: string): readonly DecimalSign[] =>
  DECIMAL_SIGNS.filter((sign) => amountOf(text, sign) !== undefined);
