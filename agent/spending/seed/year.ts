import { createHash } from 'node:crypto';
import { type Scenario, type SeedTransaction, WEEKLY_BUDGETS } from './scenario.ts';

/** Twelve full months and the current one so far. */
const MONTHS = 12;

type Habit = {
  category: SeedTransaction['category'];
  merchants: readonly string[];
  description: string;
  /** Average number a week. */
  perWeek: number;
  /** Minor units. */
  low: number;
  high: number;
};

const HABITS: readonly Habit[] = [
  {
    category: 'Food & Dining',
    merchants: ['Migros', 'Coop', 'Denner', 'Aldi'],
    description: 'Groceries',
    perWeek: 2.4,
    low: 1200,
    high: 6400,
  },
  {
    category: 'Food & Dining',
    merchants: ['Tibits', 'Café Lang', 'Holy Cow', 'Santa Lucia'],
    description: 'Eating out',
    perWeek: 1.3,
    low: 850,
    high: 5200,
  },
  {
    category: 'Transportation',
    merchants: ['SBB', 'ZVV', 'Mobility'],
    description: 'Travel',
    perWeek: 2.2,
    low: 440,
    high: 4200,
  },
  {
    category: 'Shopping',
    merchants: ['Zalando', 'Manor', 'Galaxus', 'Ikea'],
    description: 'Shopping',
    perWeek: 0.8,
    low: 1500,
    high: 14000,
  },
  {
    category: 'Entertainment',
    merchants: ['Riffraff', 'Kaufleuten', 'Steam'],
    description: 'Going out',
    perWeek: 0.7,
    low: 900,
    high: 4800,
  },
  {
    category: 'Health',
    merchants: ['Amavita', 'Coop Vitality'],
    description: 'Pharmacy',
    perWeek: 0.2,
    low: 900,
    high: 6000,
  },
  {
    category: 'Education',
    merchants: ['Orell Füssli', 'Klubschule'],
    description: 'Books and courses',
    perWeek: 0.12,
    low: 1900,
    high: 24000,
  },
  {
    category: 'Other',
    merchants: ['Bancomat', 'Post'],
    description: 'Cash',
    perWeek: 0.25,
    low: 2000,
    high: 10000,
  },
];

type Monthly = Omit<SeedTransaction, 'date'> & { day: number };

const MONTHLY: readonly Monthly[] = [
  { day: 25, amountMinor: 620000, category: 'Income', merchant: 'Employer', description: 'Salary' },
  {
    day: 1,
    amountMinor: -189000,
    category: 'Bills & Utilities',
    merchant: 'Wohnbaugenossenschaft',
    description: 'Rent',
  },
  { day: 3, amountMinor: -38450, category: 'Health', merchant: 'Helsana', description: 'Health insurance' },
  {
    day: 8,
    amountMinor: -5900,
    category: 'Bills & Utilities',
    merchant: 'Swisscom',
    description: 'Mobile and internet',
  },
  {
    day: 15,
    amountMinor: -1790,
    category: 'Entertainment',
    merchant: 'Netflix',
    description: 'Subscription',
  },
  {
    day: 26,
    amountMinor: -50000,
    category: 'Stocks & Investments',
    merchant: 'VIAC',
    description: 'Pillar 3a',
  },
  {
    day: 27,
    amountMinor: -80000,
    category: 'Other',
    merchant: 'Own savings',
    description: 'To savings',
    transfer: true,
  },
];

/**
 * A believable year: monthly bills, weekly habits, a refund now and then, transfers to savings, the last two days
 * still pending. The same `randomSeed` and day give the same rows.
 */
export function yearScenario(today: Temporal.PlainDate, randomSeed: number): Scenario {
  const random = randomFrom(randomSeed);
  const first = today.with({ day: 1 }).subtract({ months: MONTHS });
  const pendingFrom = today.subtract({ days: 1 });
  const transactions: SeedTransaction[] = [];
  for (let date = first; Temporal.PlainDate.compare(date, today) <= 0; date = date.add({ days: 1 })) {
    const stamp = { date: date.toString(), pending: Temporal.PlainDate.compare(date, pendingFrom) >= 0 };
    for (const { day, ...bill } of MONTHLY) {
      if (date.day === day) transactions.push({ ...stamp, ...bill, pending: false });
    }
    const weekend = date.dayOfWeek >= 5 ? 1.5 : 0.8;
    for (const habit of HABITS) {
      if (random() >= (habit.perWeek / 7) * weekend) continue;
      // Squared: many small amounts, few large ones. To five centimes, as Swiss prices are.
      const amount = Math.round((habit.low + (habit.high - habit.low) * random() ** 2) / 5) * 5;
      const merchant = habit.merchants[Math.floor(random() * habit.merchants.length)] ?? '';
      const { category, description } = habit;
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

/** Reproducible on every machine, and spread well enough for shopping: a hash of a counter; [0, 1). */
function randomFrom(seed: number): () => number {
  let counter = 0;
  return () => {
    counter += 1;
    return createHash('sha256').update(`${seed}:${counter}`).digest().readUInt32BE(0) / 2 ** 32;
  };
}
