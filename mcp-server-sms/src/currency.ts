import { code as iso4217 } from 'currency-codes';

export const isCurrency = (currency: string): boolean =>
  currency.length === 3 && iso4217(currency)?.code === currency;

// Digits from ISO 4217. Intl uses CLDR, which differs (HUF, IDR, IQD).
const digitsOf = (currency: string): number => iso4217(currency)?.digits ?? 2;

/** Above this, a JSON number cannot represent every minor unit. */
const MAX_FRACTIONAL = 2 ** 51;

/**
 * Converts major units (a JSON number) to integer minor units: 95.5 CHF → 9550. Undefined if the amount has too many
 * decimals, or is too large to be exact.
 */
export function toMinorUnits(amount: number, currency: string): number | undefined {
  const unit = 10 ** digitsOf(currency);
  const scaled = amount * unit;
  const minor = Math.round(scaled);
  if (unit > 1 && Math.abs(minor) > MAX_FRACTIONAL) return undefined;
  // A decimal such as 0.29 is off by a tiny amount once scaled. A real extra decimal is off by at least 0.1.
  if (!Number.isSafeInteger(minor) || Math.abs(scaled - minor) > Math.max(1e-6, Math.abs(scaled) * 1e-12)) {
    return undefined;
  }
  return minor;
}

/** 9500 CHF → "95", 9550 CHF → "95.50", 95 JPY → "95". */
export function formatMinorUnits(minor: number, currency: string): string {
  const digits = digitsOf(currency);
  const unit = 10 ** digits;
  return minor % unit === 0 ? String(minor / unit) : (minor / unit).toFixed(digits);
}
