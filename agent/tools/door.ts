import { plainText } from '../plain-text.ts';
import type { AuditEvent } from '../sandbox/audit.ts';
import {
  alertedBudget,
  type BudgetFigures,
  type Decision,
  decide,
  isSend,
  type PolicyFacts,
  type ProposedCall,
} from './policy.ts';
import type { Tool, Toolbox, ToolResult } from './toolbox.ts';

/** A call that a person must look at before it is made. */
export interface Approval extends ProposedCall {
  readonly because: string;
  readonly recipient: string | undefined;
}

/** Must resolve to false on anything but a clear yes. */
export type Approve = (approval: Approval, signal: AbortSignal) => Promise<boolean>;

/** Runs a question to a person: whoever measures the time of a call leaves out what the answer took. */
export type WhileAsking = <T>(question: () => Promise<T>) => Promise<T>;

export type CallOutcome =
  | {
      readonly kind: 'result';
      readonly call: ProposedCall;
      readonly result: ToolResult;
      readonly recipient?: string;
    }
  | { readonly kind: 'denied'; readonly call: ProposedCall; readonly reason: string }
  /** The model's call makes no sense: unknown tool, arguments that are not JSON. */
  | { readonly kind: 'invalid'; readonly name: string; readonly reason: string };

/** A text that has passed the policy. */
export interface OutgoingText {
  readonly call: ProposedCall;
  readonly recipient: string;
  /** Of a budget alert. */
  readonly budget: BudgetFigures | undefined;
}

/**
 * Sends a text at most once: it takes its place in the ledger, calls `handOver` with the arguments that are SpendWise's
 * own to set, and writes down what came of it.
 */
export type SendOnce = (
  text: OutgoingText,
  handOver: (own: Record<string, unknown>) => Promise<ToolResult>,
) => Promise<{ kind: 'answered'; answer: ToolResult } | { kind: 'refused'; reason: string }>;

export interface DoorOptions {
  readonly toolbox: Toolbox;
  /** Undefined where nobody can be asked: what needs approval is then denied. */
  readonly approve: Approve | undefined;
  /** Looked up anew for every call. */
  readonly facts: (to: unknown) => PolicyFacts;
  readonly sendOnce: SendOnce;
  /** The audit log. What cannot be recorded must not happen: it throws then. */
  readonly record: (event: AuditEvent) => void;
}

/** The one way from a model's proposal to a server: parse, policy, approval, ledger, call. */
export class ToolDoor {
  readonly #options: DoorOptions;

  constructor(options: DoorOptions) {
    this.#options = options;
  }

  get tools(): readonly Tool[] {
    return [...this.#options.toolbox.tools.values()];
  }

  async call(
    name: string,
    rawArguments: string,
    signal: AbortSignal,
    whileAsking: WhileAsking = (question) => question(),
  ): Promise<CallOutcome> {
    const { toolbox, sendOnce } = this.#options;
    const tool = toolbox.tools.get(name);
    if (tool === undefined)
      return { kind: 'invalid', name, reason: `there is no tool ${plainText(name.slice(0, 64))}` };
    const args = parseArguments(rawArguments);
    if (args === undefined) return { kind: 'invalid', name, reason: 'the arguments are not a JSON object' };

    const call: ProposedCall = { server: tool.server, tool: tool.tool, args };
    const { facts, denied } = await this.#judge(call, signal, whileAsking);
    if (denied !== undefined) return { kind: 'denied', call, reason: denied };

    const { recipient } = facts;
    if (!isSend(call) || recipient === undefined)
      return { kind: 'result', call, result: await toolbox.call(tool, args, signal) };
    const budget = tool.tool === 'send_budget_alert' ? alertedBudget(args, facts.budgets) : undefined;
    const delivery = await sendOnce({ call, recipient, budget }, (own) =>
      toolbox.call(tool, { ...args, ...own }, signal),
    );
    if (delivery.kind === 'refused') return { kind: 'denied', call, reason: delivery.reason };
    return { kind: 'result', call, result: delivery.answer, recipient };
  }

  /** Policy, and a person where it says so. What is true may change while they think: the policy has the last word. */
  async #judge(
    call: ProposedCall,
    signal: AbortSignal,
    whileAsking: WhileAsking,
  ): Promise<{ facts: PolicyFacts; denied?: string }> {
    const { approve, facts: lookUp, record } = this.#options;
    const { server, tool } = call;
    const judge = (facts: PolicyFacts): Decision => {
      const decision = decide(call, facts);
      const [verdict, reason] = [VERDICTS[decision.verdict], reasonOf(decision)];
      record({ event: 'policy', server, tool, verdict, reason });
      return decision;
    };
    const facts = lookUp(call.args.to);
    const decision = judge(facts);
    if (decision.verdict === 'allow') return { facts };
    if (decision.verdict === 'deny') return { facts, denied: decision.reason };
    const { because } = decision;
    if (approve === undefined) return { facts, denied: `${because}, and there is no terminal to ask on` };
    const approved = await whileAsking(() =>
      approve({ ...call, because, recipient: facts.recipient }, signal),
    );
    record({ event: 'approval', server, tool, verdict: approved ? 'granted' : 'refused' });
    if (!approved) return { facts, denied: 'the person said no' };
    const now = lookUp(call.args.to);
    const last = judge(now);
    return last.verdict === 'deny' ? { facts: now, denied: last.reason } : { facts: now };
  }
}

const VERDICTS = { allow: 'allowed', ask: 'asked', deny: 'denied' } as const;

const reasonOf = (decision: Decision): string =>
  decision.verdict === 'allow' ? '' : decision.verdict === 'ask' ? decision.because : decision.reason;

/** The model's arguments; nulls are how strict mode says "absent". */
function parseArguments(raw: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(raw || '{}');
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== null));
  } catch {
    return undefined;
  }
}
