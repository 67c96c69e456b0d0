/** What the person allowed, and what is true now. Plain data: the policy itself looks nothing up. */
export interface PolicyFacts {
  /** The recipient a send would go to, in E.164; undefined when it is malformed. */
  readonly recipient: string | undefined;
  readonly allowedRecipients: ReadonlySet<string>;
  /** The person's own number. */
  readonly owner: string;
  /** The person said beforehand that texts to their own number need no question. */
  readonly preApproved: boolean;
  /** Figures in major units, as the database has them now. */
  readonly budgets: readonly BudgetFigures[];
  /** Why no more texts may go out for now. */
  readonly cap: string | undefined;
}

export interface BudgetFigures {
  readonly budgetId: number;
  readonly category: string;
  readonly period: string;
  readonly currency: string;
  readonly spent: number;
  readonly limit: number;
  /** What an alert for it would be: due; sent before; or nothing that a threshold asks for. */
  readonly alert:
    | { readonly state: 'due' }
    /** Due, and held back: quiet hours, a snooze. */
    | { readonly state: 'held'; readonly reason: string }
    | { readonly state: 'done'; readonly reason: string }
    | { readonly state: 'none' };
}

export interface ProposedCall {
  readonly server: string;
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** A text that may go out, with all that its place in the ledger needs. */
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

/** What one rule says of a call; undefined: nothing against it. */
export type Rule = (args: ProposedCall['args'], facts: PolicyFacts) => Denial | Question | undefined;

export const deny = (reason: string): Denial => ({ verdict: 'deny', reason });
export const ask = (because: string): Question => ({ verdict: 'ask', because });
