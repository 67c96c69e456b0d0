import { code as iso4217 } from 'currency-codes';

// Digits from ISO 4217. Intl uses CLDR, which differs (HUF, IDR, IQD).
const digitsOf = (currency: string): number => iso4217(currency)?.digits ?? 2;

/** 9550 CHF → 95.5. For JSON numbers that users and models read; sums stay in minor units. */
export const toMajor = (minor: number, currency: string): number => minor / 10 ** digitsOf(currency);

/** 9500 CHF → "CHF 95", 9550 CHF → "CHF 95.50", −1500 JPY → "JPY -1500". */
export function formatMoney(minor: number, currency: string): string {
  return `${currency} ${formatAmount(minor, currency)}`;
}

/** The amount without its currency. Decimals only if there are any. */
export function formatAmount(minor: number, currency: string): string {
  const major = toMajor(minor, currency);
  return Number.isInteger(major) ? String(major) : major.toFixed(digitsOf(currency));
}
