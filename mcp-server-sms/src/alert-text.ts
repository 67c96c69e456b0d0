import { formatMinorUnits, isCurrency, toMinorUnits } from './currency.ts';

/** Maximum length of a budget's name in UTF-16 units. An emoji has two. */
export const MAX_CATEGORY_UNITS = 60;

export interface BudgetAlert {
  readonly category: string;
  /** Major units, finite, ≥ 0. */
  readonly spent: number;
  /** Major units, finite, ≥ 0. */
  readonly budget: number;
  /** ISO 4217. */
  readonly currency: string;
  readonly customMessage?: string | undefined;
}

export type AlertText = { ok: true; text: string } | { ok: false; reason: string };

/**
 * The text of a budget alert:
 *
 *     [!!] SpendWise: Shopping
 *     CHF 95/80 (119%)
 *
 * `[!!]` from 100 %, `[!]` from 80 %, `[OK]` below: by the exact figures, not the rounded ones.
 */
export function alertText(alert: BudgetAlert): AlertText {
  const { currency } = alert;
  if (!isCurrency(currency)) {
    return {
      ok: false,
      reason: `currency must be an ISO 4217 code such as CHF, not "${currency.slice(0, 20)}"`,
    };
  }
  const spent = toMinorUnits(alert.spent, currency);
  const budget = toMinorUnits(alert.budget, currency);
  if (spent === undefined || budget === undefined) {
    const field = spent === undefined ? 'spent' : 'budget';
    return { ok: false, reason: `${field} is too large, or has more decimals than ${currency} has` };
  }
  const amounts = `${currency} ${formatMinorUnits(spent, currency)}/${formatMinorUnits(budget, currency)}`;
  const lines = [
    `${mark(spent, budget)} SpendWise: ${alert.category}`,
    `${amounts} (${share(spent, budget)})`,
  ];
  if (alert.customMessage !== undefined) lines.push(alert.customMessage);
  return { ok: true, text: lines.join('\n') };
}

function mark(spent: number, budget: number): string {
  if (spent >= budget && spent > 0) return '[!!]';
  return reaches(spent, budget, 80n) && spent > 0 ? '[!]' : '[OK]';
}

const reaches = (spent: number, budget: number, percent: bigint): boolean =>
  BigInt(spent) * 100n >= BigInt(budget) * percent;

/**
 * Rounded half up, but never up to 80 or 100, where the mark changes: 99.6 % is not 100 %. An exceeded budget of 0 has no
 * percentage.
 */
function share(spent: number, budget: number): string {
  if (budget === 0) return spent > 0 ? 'over' : '0%';
  const rounded = (BigInt(spent) * 200n + BigInt(budget)) / (BigInt(budget) * 2n);
  const isShort = (rounded === 80n || rounded === 100n) && !reaches(spent, budget, rounded);
  return `${isShort ? rounded - 1n : rounded}%`;
}
