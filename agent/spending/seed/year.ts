import { createHash } from 'node:crypto';
import { type Scenario, type SeedTransaction, WEEKLY_BUDGETS } from './scenario.ts';

/** Full months before the current one. */
const MONTHS = 12;
/** The merchant of transfers. */
const OWN_SAVINGS = 'Own savings';

type Category = SeedTransaction['category'];

/** Amounts in minor units. */
type Habit = [
  category: Category,
  merchants: readonly string[],
  description: string,
  averagePerWeek: number,
  low: number,
  high: number,
];

const HABITS: readonly Habit[] = [
  ['Food & Dining', ['Migros', 'Coop', 'Denner', 'Aldi'], 'Groceries', 2.4, 1200, 6400],
  ['Food & Dining', ['Tibits', 'Café Lang', 'Holy Cow', 'Santa Lucia'], 'Eating out', 1.3, 850, 5200],
  ['Transportation', ['SBB', 'ZVV', 'Mobility'], 'Travel', 2.2, 440, 4200],
  ['Shopping', ['Zalando', 'Manor', 'Galaxus', 'Ikea'], 'Shopping', 0.8, 1500, 14000],
  ['Entertainment', ['Riffraff', 'Kaufleuten', 'Steam'], 'Going out', 0.7, 900, 4800],
  ['Health', ['Amavita', 'Coop Vitality'], 'Pharmacy', 0.2, 900, 6000],
  ['Education', ['Orell Füssli', 'Klubschule'], 'Books and courses', 0.12, 1900, 24000],
  ['Other', ['Bancomat', 'Post'], 'Cash', 0.25, 2000, 10000],
];

type Monthly = [day: number, amountMinor: number, category: Category, merchant: string, description: string];

const MONTHLY: readonly Monthly[] = [
  [25, 620000, 'Income', 'Employer', 'Salary'],
  [1, -189000, 'Bills & Utilities', 'Wohnbaugenossenschaft', 'Rent'],
  [3, -38450, 'Health', 'Helsana', 'Health insurance'],
  [8, -5900, 'Bills & Utilities', 'Swisscom', 'Mobile and internet'],
  [15, -1790, 'Entertainment', 'Netflix', 'Subscription'],
  [26, -50000, 'Stocks & Investments', 'VIAC', 'Pillar 3a'],
  [27, -80000, 'Other', OWN_SAVINGS, 'To savings'],
];

/**
 * A believable year: monthly bills, weekly habits, some refunds, transfers to savings; the last two days are pending.
 * The same `randomSeed` and day give the same rows.
 */
export function yearScenario(today: Temporal.PlainDate, randomSeed: number): Scenario {
  const random = randomFrom(randomSeed);
  const first = today.with({ day: 1 }).subtract({ months: MONTHS });
  const pendingFrom = today.subtract({ days: 1 });
  const transactions: SeedTransaction[] = [];
  for (let date = first; Temporal.PlainDate.compare(date, today) <= 0; date = date.add({ days: 1 })) {
    const stamp = { date: date.toString(), pending: Temporal.PlainDate.compare(date, pendingFrom) >= 0 };
    for (const [day, amountMinor, category, merchant, description] of MONTHLY) {
      if (date.day !== day) continue;
      const transfer = merchant === OWN_SAVINGS;
      transactions.push({ date: stamp.date, amountMinor, category, merchant, description, transfer });
    }
    const weekend = date.dayOfWeek >= 5 ? 1.5 : 0.8;
    for (const [category, merchants, description, averagePerWeek, low, high] of HABITS) {
      if (random() >= (averagePerWeek / 7) * weekend) continue;
      // Squared: many small amounts, few large ones. Rounded to five centimes, as Swiss prices are.
      const amount = Math.round((low + (high - low) * random() ** 2) / 5) * 5;
      const merchant = merchants[Math.floor(random() * merchants.length)] ?? '';
      transactions.push({ ...stamp, amountMinor: -amount, category, merchant, description });
      if (category === 'Shopping' && random() < 0.08) {
        transactions.push({ ...stamp, amountMinor: amount, category, merchant, description: 'Refund' });
      }
    }
  }
  const monthly = [
    { category: 'Bills & Utilities', period: 'month', limitMinor: 2200_00 },
    { category: 'Health', period: 'month', limitMinor: 500_00 },
  ] as const;
  return { budgets: [...WEEKLY_BUDGETS, ...monthly], transactions };
}

/** Random numbers in [0, 1), the same on every machine: a hash of a counter. */
function randomFrom(seed: number): () => number {
  let counter = 0;
  return () => {
    counter += 1;
    return createHash('sha256').update(`${seed}:${counter}`).digest().readUInt32BE(0) / 2 ** 32;
  };
}
