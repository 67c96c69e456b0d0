import type { PeriodKind } from '../periods.ts';

export interface Scenario {
  readonly budgets: readonly { category: CategoryName; period: PeriodKind; limitMinor: number }[];
  readonly transactions: readonly SeedTransaction[];
}

export interface SeedTransaction {
  readonly date: string;
  /** Signed minor units: negative is money out. */
  readonly amountMinor: number;
  readonly category: CategoryName;
  readonly merchant: string;
  readonly description: string;
  readonly transfer?: boolean;
  readonly pending?: boolean;
}

export const CURRENCY = 'CHF';

export const CATEGORIES = {
  'Food & Dining': 'expense',
  Transportation: 'expense',
  Shopping: 'expense',
  Entertainment: 'expense',
  'Bills & Utilities': 'expense',
  Health: 'expense',
  Education: 'expense',
  Income: 'income',
  'Stocks & Investments': 'expense',
  Other: 'expense',
} as const;

export type CategoryName = keyof typeof CATEGORIES;

/** The original demo's weekly budgets. */
export const WEEKLY_BUDGETS: Scenario['budgets'] = [
  { category: 'Food & Dining', period: 'week', limitMinor: 150_00 },
  { category: 'Transportation', period: 'week', limitMinor: 100_00 },
  { category: 'Shopping', period: 'week', limitMinor: 80_00 },
  { category: 'Entertainment', period: 'week', limitMinor: 50_00 },
];
