import type { CategoryName } from '../../../agent/spending/seed/scenario.ts';
import type { PostStage } from '../../stand-ins/twilio.ts';
import type { Fault } from '../../stand-ins/twilio-faults.ts';
import { BUDGETS, type Home } from './home.ts';
import { type RuntimeName, type Victim, victimsOf } from './victims.ts';

/** What happens in one round. */
export interface Luck {
  readonly purchases: (home: Home) => { category: CategoryName; amountMinor: number }[];
  readonly faults: readonly { readonly fault: Fault; readonly method: 'POST' | 'GET' }[];
  /** Undefined: nobody dies. */
  readonly victim: Victim | undefined;
  /** Since the run began, or since a POST came so far. */
  readonly moment:
    | { readonly of: 'run'; readonly afterMs: number }
    | { readonly of: 'POST'; readonly stage: PostStage; readonly afterMs: number };
}

const FAULTS: readonly Fault[] = [
  { kind: '429' },
  { kind: '429-retry-after', retryAfter: 1 },
  { kind: '5xx-before' },
  { kind: '5xx-after' },
  { kind: 'reset-before' },
  { kind: 'reset-after' },
  { kind: 'bad-json' },
  { kind: 'empty-201' },
  { kind: 'empty-object-201' },
  { kind: 'late', ms: 400 },
  { kind: 'slow-drip', ms: 1 },
];
const STAGES: readonly PostStage[] = ['arrived', 'accepted', 'answered'];

/** A moment in four of five rounds; half of them anywhere in a run's life, half about a POST, where it matters most. */
export function luck(random: () => number, runtime: RuntimeName, runMs: number): Luck {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const victim = random() < 0.8 ? pick(victimsOf(runtime)) : undefined;
  const moment: Luck['moment'] =
    random() < 0.5
      ? { of: 'run', afterMs: random() * runMs }
      : { of: 'POST', stage: pick(STAGES), afterMs: random() ** 3 * 100 };
  const faults = Array.from({ length: random() < 0.4 ? 1 + Math.floor(random() * 2) : 0 }, () => ({
    fault: pick(FAULTS),
    method: random() < 0.8 ? ('POST' as const) : ('GET' as const),
  }));
  const rolls = BUDGETS.map(() => ({
    grows: random() < 0.5,
    corrected: random() < 0.2,
    exactly: random() < 0.2,
    share: random(),
  }));
  return { victim, moment, faults, purchases: (home) => purchases(home, rolls) };
}

/** Now and then to the exact threshold, mostly to somewhere between; or a part is paid back. */
function purchases(
  home: Home,
  rolls: readonly { grows: boolean; corrected: boolean; exactly: boolean; share: number }[],
): { category: CategoryName; amountMinor: number }[] {
  const bought = new Map<CategoryName, number>();
  BUDGETS.forEach(({ category, limitMinor }, index) => {
    const roll = rolls[index];
    // Two budgets of one category grow together.
    if (!roll?.grows || bought.has(category)) return;
    const spent = home.spentMinor(category);
    const next = [0.5, 0.8, 1].map((part) => limitMinor * part).find((amount) => amount > spent);
    const grows = roll.exactly && next !== undefined ? next - spent : limitMinor * (0.05 + 0.5 * roll.share);
    bought.set(category, Math.round(roll.corrected ? -spent * roll.share : grows));
  });
  return [...bought].map(([category, amountMinor]) => ({ category, amountMinor }));
}
