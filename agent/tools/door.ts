import type { AuditEvent } from '@spendwise/sandbox/audit';
import { jsonTrouble, plainText } from '@spendwise/sandbox/foundation';
import { isSend } from './known-tools.ts';
import { type Decision, decide } from './policy.ts';
import type { PolicyFacts, ProposedCall, Send } from './rule.ts';
import type { Tool, Toolbox, ToolResult } from './toolbox.ts';

export interface Approval extends ProposedCall {
  readonly because: string;
  readonly recipient: string | undefined;
}

/** Must resolve to false on anything but a clear yes. */
export type Approve = (approval: Approval, signal: AbortSignal) => Promise<boolean>;

/** Runs a question to the user. The time until the answer does not count as time of the call. */
export type WhileAsking = <T>(question: () => Promise<T>) => Promise<T>;

export type CallOutcome =
  | {
      readonly kind: 'result';
      readonly call: ProposedCall;
      readonly result: ToolResult;
      readonly recipient?: string;
    }
  | { readonly kind: 'denied'; readonly call: ProposedCall; readonly reason: string }
  /** The model's call is unusable: unknown tool, or arguments that are not JSON. */
  | { readonly kind: 'invalid'; readonly name: string; readonly reason: string };

/**
 * Sends a text at most once, and is the only way to send one. `decide` runs while the ledger is locked, so decision,
 * ledger row and text are from the same moment. `handOver` then gets the arguments that SpendWise sets itself, and the
 * outcome is recorded.
 */
export type SendOnce = <No>(
  decide: () => { readonly send: Send } | { readonly declined: No },
  handOver: (own: Record<string, unknown>) => Promise<ToolResult>,
) => Promise<
  | { readonly kind: 'answered'; readonly answer: ToolResult }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'declined'; readonly declined: No }
>;

export interface DoorOptions {
  readonly toolbox: Toolbox;
  /** Undefined if nobody can be asked. Calls that need approval are then denied. */
  readonly approve: Approve | undefined;
  /** Read again for every call. */
  readonly facts: (to: unknown) => PolicyFacts;
  readonly sendOnce: SendOnce;
  /** Writes to the audit log. Throws if it cannot, and then the call is not made. */
  readonly record: (event: AuditEvent) => void;
}

/** Every call of a model goes through here: parse, policy, approval, ledger, call. */
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
    const { toolbox } = this.#options;
    const tool = toolbox.tools.get(name);
    if (tool === undefined)
      return { kind: 'invalid', name, reason: `there is no tool ${plainText(name.slice(0, 64))}` };
    const args = parseArguments(rawArguments);
    if (args === undefined) return { kind: 'invalid', name, reason: 'the arguments are not a JSON object' };

    const call: ProposedCall = { server: tool.server, tool: tool.tool, args };
    // Facts may change while the user thinks. A yes answers only the question that was asked.
    const answered = new Set<string>();
    for (let asked = 0; ; asked += 1) {
      const outcome = await this.#attempt(tool, call, answered, signal);
      if (outcome.kind !== 'ask') return outcome;
      if (asked === MAX_QUESTIONS)
        return {
          kind: 'denied',
          call,
          reason: `${outcome.because}; the user was asked ${MAX_QUESTIONS} times`,
        };
      const denied = await this.#ask(call, outcome, signal, whileAsking);
      if (denied !== undefined) return { kind: 'denied', call, reason: denied };
      for (const question of outcome.questions) answered.add(question);
    }
  }

  async #attempt(
    tool: Tool,
    call: ProposedCall,
    answered: ReadonlySet<string>,
    signal: AbortSignal,
  ): Promise<CallOutcome | Question> {
    const { toolbox, sendOnce } = this.#options;
    if (!isSend(call)) {
      const judged = this.#judge(call, answered);
      if (judged.kind !== 'allowed') return judged;
      return { kind: 'result', call, result: await toolbox.call(tool, call.args, signal) };
    }
    let recipient = '';
    const delivery = await sendOnce<Question | Denied>(
      () => {
        const judged = this.#judge(call, answered);
        if (judged.kind !== 'allowed') return { declined: judged };
        if (judged.send === undefined) return { declined: { kind: 'denied', call, reason: NO_PLACE } };
        recipient = judged.send.recipient;
        return { send: judged.send };
      },
      (own) => toolbox.call(tool, { ...call.args, ...own }, signal),
    );
    if (delivery.kind === 'declined') return delivery.declined;
    if (delivery.kind === 'refused') return { kind: 'denied', call, reason: delivery.reason };
    return { kind: 'result', call, result: delivery.answer, recipient };
  }

  /** Asks the policy, and records its decision before anything is done. */
  #judge(call: ProposedCall, answered: ReadonlySet<string>): Judged {
    const decision = decide(call, this.#options.facts(call.args.to));
    const [verdict, reason] = [VERDICTS[decision.verdict], reasonOf(decision)];
    this.#options.record({ event: 'policy', server: call.server, tool: call.tool, verdict, reason });
    if (decision.verdict === 'deny') return { kind: 'denied', call, reason: decision.reason };
    const { send } = decision;
    if (decision.verdict === 'allow') return { kind: 'allowed', send };
    const questions = decision.questions.filter((question) => !answered.has(question));
    if (questions.length === 0) return { kind: 'allowed', send };
    return { kind: 'ask', questions, because: questions.join('; '), recipient: send?.recipient };
  }

  // #region ask
  /** Returns the reason for a denial; undefined if the user said yes. */
  async #ask(
    call: ProposedCall,
    { because, recipient }: Question,
    signal: AbortSignal,
    whileAsking: WhileAsking,
  ): Promise<string | undefined> {
    const { approve, record } = this.#options;
    if (approve === undefined) return `${because}, and there is no terminal to ask on`;
    const approved = await whileAsking(() => approve({ ...call, because, recipient }, signal));
    const verdict = approved ? 'granted' : 'refused';
    record({ event: 'approval', server: call.server, tool: call.tool, verdict });
    return approved ? undefined : 'the user said no';
  }
  // #endregion
}

/** Maximum questions about one call, if each time another reason arises. */
const MAX_QUESTIONS = 3;

const NO_PLACE = 'the ledger cannot record this text';

type Denied = Extract<CallOutcome, { kind: 'denied' }>;

interface Question {
  readonly kind: 'ask';
  readonly questions: readonly string[];
  readonly because: string;
  readonly recipient: string | undefined;
}

type Judged = { readonly kind: 'allowed'; readonly send: Send | undefined } | Question | Denied;

const VERDICTS = { allow: 'allowed', ask: 'asked', deny: 'denied' } as const;

const reasonOf = (decision: Decision): string =>
  decision.verdict === 'allow' ? '' : decision.verdict === 'ask' ? decision.because : decision.reason;

/** The model's arguments. Strict mode uses null for an absent one. */
function parseArguments(raw: string): Record<string, unknown> | undefined {
  if (jsonTrouble(raw) !== undefined) return undefined;
  try {
    const value: unknown = JSON.parse(raw || '{}');
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== null));
  } catch {
    return undefined;
  }
}
