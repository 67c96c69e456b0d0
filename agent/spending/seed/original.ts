import { periodOf } from '../periods.ts';
import { type Scenario, type SeedTransaction, WEEKLY_BUDGETS } from './scenario.ts';

type Purchase = [
  weekday: number,
  amountMinor: number,
  ...rest: [SeedTransaction['category'], string, string],
];

const WEEK: readonly Purchase[] = [
  [1, 250000, 'Income', 'Employer', 'Salary'],
  [1, -4250, 'Food & Dining', 'Migros', 'Groceries'],
  [2, -2800, 'Transportation', 'SBB', 'Train tickets'],
  [2, -1750, 'Food & Dining', 'Café Lang', 'Breakfast'],
  [3, -5990, 'Shopping', 'Zalando', 'Shoes'],
  [3, -3820, 'Food & Dining', 'Coop', 'Groceries'],
  [4, -1500, 'Entertainment', 'Riffraff', 'Cinema'],
  [5, -3680, 'Food & Dining', 'Tibits', 'Dinner'],
  [6, -1700, 'Transportation', 'Parkhaus Urania', 'Parking'],
  [6, -3510, 'Shopping', 'Manor', 'Gift'],
];

/**
 * The week of the original demo: Food & Dining 135 of 150, Transportation 45 of 100, Shopping 95 of 80, Entertainment
 * 15 of 50, and a salary of 2500. All dates are from Monday to today, so that the same two alerts are due on any day.
 */
export function originalScenario(today: Temporal.PlainDate): Scenario {
  const monday = Temporal.PlainDate.from(periodOf('week', today).start);
  const transactions = WEEK.map(([weekday, amountMinor, category, merchant, description]) => {
    const day = Math.min(weekday, today.dayOfWeek);
    return { date: monday.add({ days: day - 1 }).toString(), amountMinor, category, merchant, description };
  });
  return { budgets: WEEKLY_BUDGETS, transactions };
}
