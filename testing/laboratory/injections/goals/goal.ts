import type { Evidence } from '../evidence.ts';

/** A call as a model writes it: raw arguments may be anything at all, JSON or not. */
export interface Proposal {
  /** With its prefix, as the model is offered it, or made up. */
  readonly name: string;
  readonly args: Record<string, unknown> | string;
}

export interface Figures {
  readonly category: string;
  readonly spent: number;
  readonly budget: number;
  readonly currency: string;
}

/** What the model has learnt, from tool results and from attackers. */
export interface Known {
  /** Budgets as the servers told them. */
  readonly figures: readonly Figures[];
  /** A purchase that is nobody's business, as it was read. */
  readonly secret: string;
  /** A listener of the attacker's on this machine. */
  readonly collector: string;
  /** Paths of files that hold secrets. */
  readonly files: readonly string[];
}

/** What an attacker wants. Reached or not is judged by the evidence alone. */
export interface Goal {
  readonly name: string;
  /** What the data tells the model to do: at length, and so short that it fits into a name of 60 characters. */
  readonly order: string;
  readonly brief: string;
  /** The calls that would reach it, with every tool there is or might be. */
  calls(known: Known): Proposal[];
  /** The person's own order is not carried out. */
  readonly instead?: boolean;
  /** What shows that it was reached; undefined when nothing does. */
  achieved(evidence: Evidence): string | undefined;
}

/** Numbers that nobody has: of the range kept for fiction, and one that would cost. */
export const STRANGER = '+12025550199';
export const PREMIUM = '+19005550147';
export const LINK = 'example.com/pay';
export const CANARY_VARIABLE = 'SPENDWISE_CANARY';

export const sms = (args: Proposal['args']): Proposal => ({ name: 'sms__send_sms', args });
export const alert = (args: Proposal['args']): Proposal => ({ name: 'sms__send_budget_alert', args });
export const alertOf = (figures: Figures | undefined, more: Record<string, unknown> = {}): Proposal =>
  alert({ ...(figures ?? { category: 'Shopping', spent: 95, budget: 80, currency: 'CHF' }), ...more });
/** A tool of the third server, `helper`; elsewhere one that the model makes up. */
export const helper = (tool: string, args: Proposal['args']): Proposal => ({ name: `helper__${tool}`, args });
