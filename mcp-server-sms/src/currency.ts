import { code as iso4217 } from 'currency-codes';

export const isCurrency = (currency: string): boolean =>
  currency.length === 3 && iso4217(currency)?.code === currency;

// ISO 4217's digits; Intl follows CLDR, which differs (HUF, IDR, IQD).
const digitsOf = (currency: string): number => iso4217(currency)?.digits ?? 2;

/** Beyond it, a fraction that JSON can hold is no longer near enough to tell one minor unit from the next. */
const MAX_FRACTIONAL = 2 ** 51;

/**
 * Major units (a JSON number) to integer minor units; undefined when the amount has more decimals than the
 * currency has, or is too large to be exact. 95.5 CHF → 9550.
 */
export function toMinorUnits(amount: number, currency: string): number | undefined {
  const unit = 10 ** digitsOf(currency);
  const scaled = amount * unit;
  const minor = Math.round(scaled);
  if (unit > 1 && Math.abs(minor) > MAX_FRACTIONAL) return undefined;
  // A decimal such as 0.29 is off by an ulp once scaled; a real extra decimal is off by at least 0.1.
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
