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
}

/** "1'234.50-", "(12.00)", "EUR 1.234,50", "12.00 DR" → a decimal. Undefined if it is no amount with this decimal sign. */
export function amountOf(text: string, sign: DecimalSign): Amount | undefined {
  if (PLAIN[sign].test(text)) return { decimal: sign === '.' ? text : text.replace(',', '.') };
  const bare = bareNumber(text);
  if (bare === undefined || !GROUPED[sign].test(bare.digits) || !/\d/.test(bare.digits)) return undefined;
  const [whole = '', fraction = ''] = bare.digits.split(sign);
  const decimal = `${bare.negative ? '-' : ''}${whole.replace(/\D/g, '') || '0'}.${fraction || '0'}`;
  return { decimal, currency: bare.currency };
}

/** Digits and separators of an amount, whatever its decimal sign. */
export function bareNumber(
  text: string,
): { digits: string; negative: boolean; currency?: string } | undefined {
  if (text.length > 60) return undefined;
  let rest = text
    .replace(/^="?|"$/g, '')
    .replace(/[\s\u00a0\u2007\u2009\u202f]+/g, ' ')
    .replace(/[\u2212\u2013]/g, '-')
    .replace(/(?<=[.,])-{1,2}$/, '')
    .trim();
  let negative = false;
  const signs = (pattern: RegExp, negates: boolean) => {
    const [, inner] = pattern.exec(rest) ?? [];
    if (inner === undefined) return false;
    rest = inner.trim();
    if (negates) negative = !negative;
    return true;
  };
  // One sign, wherever it stands: with two, what the amount is would be a guess.
  const one = () =>
    signs(/^\((.*)\)$/, true) ||
    signs(/^-(.*)$/, true) ||
    signs(/^(.*)-$/, true) ||
    signs(/^\+(.*)$/, false) ||
    signs(/^(.*)\+$/, false) ||
    signs(/^(.*\d) ?DR?$/i, true) ||
    signs(/^(.*\d) ?CR?$/i, false);
  let signed = one();
  const [, before, inner = '', after] = MARKS.exec(rest) ?? [];
  rest = inner;
  const code = (before ?? after)?.toUpperCase();
  if (code !== undefined && currencyCode(code) === undefined) return undefined;
  if (!signed) signed = one();
  if (!/^[\d.,'’ ]*$/.test(rest)) return undefined;
  return { digits: rest, negative, ...(code !== undefined && { currency: code }) };
}

/** Which decimal signs the amount can have. Both if there is none, and in "1.234", which may be a thousand or one. */
export const decimalSignsOf = (text: string): readonly DecimalSign[] =>
  DECIMAL_SIGNS.filter((sign) => amountOf(text, sign) !== undefined);
