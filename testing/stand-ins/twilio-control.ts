import { z } from 'zod';
import type { Clock } from './clock.ts';
import type { Answer } from './twilio-answer.ts';
import { FAULT_KINDS, type Faults } from './twilio-faults.ts';
import type { StoredMessage } from './twilio-messages.ts';
import type { Outcomes } from './twilio-outcomes.ts';

/** Under it, tests in other processes steer the stand-in. Nothing of Twilio's is there. */
export const CONTROL_PATH = '/stand-in';

const Kind = z.enum(FAULT_KINDS);
const FaultFields = {
  kind: Kind,
  retryAfter: z.number().optional(),
  status: z.number().int().min(500).max(599).optional(),
  ms: z.number().optional(),
};
const Order = z.strictObject({
  next: z
    .strictObject({
      ...FaultFields,
      count: z.number().int().default(1),
      method: z.enum(['POST', 'GET']).default('POST'),
    })
    .optional(),
  random: z
    .strictObject({ rates: z.partialRecord(Kind, z.number().min(0).max(1)), seed: z.number().int() })
    .optional(),
  clear: z.literal(true).optional(),
  advanceMs: z.number().min(0).optional(),
  outcome: z
    .strictObject({ to: z.string(), status: z.enum(['undelivered', 'failed']), errorCode: z.number().int() })
    .optional(),
});

/** What can be steered of a stand-in. */
export interface Steerable {
  /** What was accepted, oldest first, each once: what a phone would have received, whatever the caller heard of it. */
  readonly inbox: readonly StoredMessage[];
  readonly faults: Faults;
  readonly clock: Clock;
  readonly outcomes: Outcomes;
}

/** `POST /stand-in` takes orders, `GET /stand-in` answers what was accepted and which faults were given. */
export function control(standIn: Steerable, method: string, body: string): Answer {
  if (method === 'GET') {
    return {
      status: 200,
      body: { accepted: standIn.inbox, faults: Object.fromEntries(standIn.faults.given) },
    };
  }
  const order = Order.safeParse(parse(body));
  if (!order.success) return { status: 400, body: { problem: z.prettifyError(order.error) } };
  const { clear, next, random, advanceMs, outcome } = order.data;
  if (clear) standIn.faults.clear();
  if (next) {
    const { count, method: of, kind, ...rest } = next;
    standIn.faults.next({ kind, ...defined(rest) }, count, of);
  }
  if (random) standIn.faults.random({ rates: defined(random.rates), seed: random.seed });
  if (advanceMs !== undefined) standIn.clock.advance(advanceMs);
  if (outcome) standIn.outcomes.set(outcome.to, { status: outcome.status, errorCode: outcome.errorCode });
  return { status: 200, body: {} };
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };
const defined = <T extends object>(value: T): Defined<T> =>
  Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as Defined<T>;
