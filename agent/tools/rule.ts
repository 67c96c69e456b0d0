/** What the user allowed, and the current state. Plain data: the policy reads nothing itself. */
export interface PolicyFacts {
  /** The recipient in E.164; undefined if it is malformed. */
  readonly recipient: string | undefined;
  readonly allowedRecipients: ReadonlySet<string>;
  readonly owner: string;
  /** Texts to the owner need no question (`--approve-own-texts`). */
  readonly preApproved: boolean;
  /** Figures in major units, from the database now. */
  readonly budgets: readonly BudgetFigures[];
  /** Why no more texts may be sent for now. */
  readonly cap: string | undefined;
}

export interface BudgetFigures {
  readonly budgetId: number;
  readonly category: string;
  readonly period: string;
  readonly currency: string;
  readonly spent: number;
  readonly limit: number;
  /** The state of its alert: due, held back, sent before, or no threshold reached. */
  readonly alert:
    | { readonly state: 'due' }
    /** Due, but held back by quiet hours or a snooze. */
    | { readonly state: 'held'; readonly reason: string }
    | { readonly state: 'done'; readonly reason: string }
    | { readonly state: 'none' };
}

export interface ProposedCall {
  readonly server: string;
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** A text that may be sent, with the data for its row in the ledger. */
export type Send =
  | { readonly kind: 'text'; readonly recipient: string; readonly message: string }
  | {
      readonly kind: 'alert';
      readonly recipient: string;
      readonly budget: BudgetFigures;
      readonly customMessage: string | undefined;
    };

export type Denial = { readonly verdict: 'deny'; readonly reason: string };
export type Question = { readonly verdict: 'ask'; readonly because: string };

/** The result of one rule; undefined if it has no objection. */
export type Rule = (args: ProposedCall['args'], facts: PolicyFacts) => Denial | Question | undefined;

export const deny = (reason: string): Denial => ({ verdict: 'deny', reason });
export const ask = (because: string): Question => ({ verdict: 'ask', because });
