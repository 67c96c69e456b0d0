import type { StoredMessage } from './twilio-messages.ts';
import type { Outcome } from './twilio-status.ts';

/** How texts end: as ordered for the next text, else as ordered for their recipient, else delivered. */
export interface Outcomes {
  readonly next: readonly Outcome[];
  readonly byRecipient: ReadonlyMap<string, Outcome>;
  /** For the next text; several are used in turn. */
  setNext(outcome: Outcome): void;
  set(to: string, outcome: Outcome): void;
  /** For texts from now on; it does not change how earlier ones end. */
  clear(): void;
  accepted(message: StoredMessage): void;
  of(message: StoredMessage): Outcome;
}

const DELIVERED: Outcome = { status: 'delivered' };

export function createOutcomes(): Outcomes {
  const next: Outcome[] = [];
  const byRecipient = new Map<string, Outcome>();
  const decided = new Map<string, Outcome>();
  return {
    next,
    byRecipient,
    setNext: (outcome) => void next.push(outcome),
    set: (to, outcome) => void byRecipient.set(to, outcome),
    clear: () => {
      next.length = 0;
      byRecipient.clear();
    },
    accepted: ({ sid, to }) => {
      const outcome = next.shift() ?? byRecipient.get(to);
      if (outcome !== undefined) decided.set(sid, outcome);
    },
    of: ({ sid }) => decided.get(sid) ?? DELIVERED,
  };
}
