import { code as iso4217 } from 'currency-codes';

// Digits from ISO 4217. Intl uses CLDR, which differs (HUF, IDR, IQD).
const digitsOf = (currency: string): number => known(currency)?.digits ?? 2;

// The package looks through its whole list each time: half of what an import would cost.
const looked = new Map<string, ReturnType<typeof iso4217>>();
function known(code: string): ReturnType<typeof iso4217> {
  if (!looked.has(code)) looked.set(code, iso4217(code));
  return looked.get(code);
}

/** "chf" → "CHF". Undefined if ISO 4217 has no such currency. */
export const currencyCode = (text: string): string | undefined =>
  /^[a-z]{3}$/i.test(text) ? known(text)?.code : undefined;

/** 9550 CHF → 95.5. For JSON numbers that users and models read; sums stay in minor units. */
export const toMajor = (minor: number, currency: string): number => minor / 10 ** digitsOf(currency);

/**
 * "-1234.5" CHF → -123450. An optional sign, digits, and at most one dot; without separators of thousands. Digits beyond
 * the currency's minor unit must be zeros. Undefined for anything else, and beyond what a number holds exactly. No float
 * is involved.
 */
export function minorOf(decimal: string, currency: string): number | undefined {
  const [, sign, whole, fraction = ''] = /^([+-]?)(\d{1,15})(?:\.(\d{1,15}))?$/.exec(decimal) ?? [];
  if (whole === undefined) return undefined;
  const digits = digitsOf(currency);
  if (/[1-9]/.test(fraction.slice(digits))) return undefined;
  const minor = Number(whole + fraction.slice(0, digits).padEnd(digits, '0'));
  if (!Number.isSafeInteger(minor)) return undefined;
  return sign === '-' && minor !== 0 ? -minor : minor;
}

/** 9500 CHF → "CHF 95", 9550 CHF → "CHF 95.50", −1500 JPY → "JPY -1500". */
export function formatMoney(minor: number, currency: string): string {
  return `${currency} ${formatAmount(minor, currency)}`;
}

/** The amount without its currency. Decimals only if there are any. */
export const formatAmount = (minor: number, currency: string): string =>
  decimalOf(minor, currency).replace(/\.0+$/, '');

/** -950 CHF → "-9.50": what minorOf reads back. No float is involved. */
export function decimalOf(minor: number, currency: string): string {
  const digits = digitsOf(currency);
  const text = String(Math.abs(minor)).padStart(digits + 1, '0');
  const point = text.length - digits;
  return `${minor < 0 ? '-' : ''}${text.slice(0, point)}${digits === 0 ? '' : `.${text.slice(point)}`}`;
}
