import { UsageError } from '@spendwise/sandbox/errors';
import { currencyCode, minorOf } from '../money.ts';

/** An amount as a person typed it. `sign` is undefined if they typed none. */
export interface TypedAmount {
  readonly minor: number;
  readonly sign: '+' | '-' | undefined;
}

/**
 * "12.50", "12,50", "1'234.50", "1,234.50", "1.234,50", "-3". Throws UsageError, also for "1,234" and "1.000", which some
 * read as one thousand and others as one.
 */
export function typedAmount(text: string, currency: string): TypedAmount {
  const [, sign, digits = ''] = /^([+-]?)(\d[\d.,'’ ]{0,30})$/.exec(text.trim()) ?? [];
  const decimal = plainDecimal(digits, minorOf('0.001', currency) !== undefined);
  const minor = decimal === undefined ? undefined : minorOf(decimal, currency);
  if (minor === undefined)
    throw new UsageError(
      `"${text.slice(0, 40)}" is not an amount in ${currency}`,
      `write digits and a dot before the decimals, such as ${minorOf('12.50', currency) === undefined ? '1250' : '12.50'}`,
    );
  return { minor, sign: sign === '+' || sign === '-' ? sign : undefined };
}

function plainDecimal(text: string, threeDecimals: boolean): string | undefined {
  const [, whole = '', point, decimals = ''] = /^(.*?)(?:([.,])(\d*))?$/.exec(text) ?? [];
  // In front of the last sign, only groups of three.
  if (!/^\d{1,3}(?:([.,'’ ])\d{3}(?:\1\d{3})*)?$|^\d+$/.test(whole)) return undefined;
  if (point === undefined) return whole.replace(/\D/g, '');
  if (whole.includes(point) || decimals === '') return undefined;
  const grouped = /\D/.test(whole);
  if (decimals.length === 3 && !grouped && !(point === '.' && threeDecimals)) return undefined;
  return `${whole.replace(/\D/g, '')}.${decimals}`;
}

/** The code of a currency that a person typed. Throws UsageError. */
export function typedCurrency(text: string): string {
  const code = /^[a-z]{3}$/i.test(text) ? currencyCode(text) : undefined;
  if (code === undefined)
    throw new UsageError(
      `there is no currency "${text.slice(0, 40)}"`,
      'use a code of ISO 4217, such as CHF or EUR',
    );
  return code;
}
