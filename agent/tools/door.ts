import { plainText } from '../plain-text.ts';
import { alertKey, type Decision, decide, type PolicyFacts, type ProposedCall } from './policy.ts';
import type { Tool, Toolbox, ToolResult } from './toolbox.ts';

/** A call that a person must look at before it is made. */
export interface Approval extends ProposedCall {
  readonly because: string;
  readonly recipient: string | undefined;
}

/** Must resolve to false on anything but a clear yes. */
export type Approve = (approval: Approval, signal: AbortSignal) => Promise<boolean>;

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

export interface DoorOptions {
  readonly toolbox: Toolbox;
  /** Undefined where nobody can be asked: what needs approval is then denied. */
  readonly approve: Approve | undefined;
  /** Looked up anew for every call. */
  readonly facts: (to: unknown) => Omit<PolicyFacts, 'alerted'>;
}

/** The one way from a model's proposal to a server: parse, policy, approval, call. */
export class ToolDoor {
  readonly #options: DoorOptions;
  #alerted = new Set<string>();

  constructor(options: DoorOptions) {
    this.#options = options;
  }

  get tools(): readonly Tool[] {
    return [...this.#options.toolbox.tools.values()];
  }

  /** A run is one request of the person's; an alert goes out once in it. */
  startRun(): void {
    this.#alerted = new Set();
  }

  async call(name: string, rawArguments: string, signal: AbortSignal): Promise<CallOutcome> {
    const tool = this.#options.toolbox.tools.get(name);
    if (tool === undefined) return { kind: 'invalid', name, reason: `there is no tool ${plainText(name)}` };
    const args = parseArguments(rawArguments);
    if (args === undefined) return { kind: 'invalid', name, reason: 'the arguments are not a JSON object' };

    const call: ProposedCall = { server: tool.server, tool: tool.tool, args };
    const facts: PolicyFacts = { ...this.#options.facts(args.to), alerted: this.#alerted };
    const denied = await this.#settle(decide(call, facts), call, facts, signal);
    if (denied !== undefined) return { kind: 'denied', call, reason: denied };

    const alert = tool.tool === 'send_budget_alert' ? alertKey(args, facts) : undefined;
    // Before the call: whatever becomes of it, the same alert is not proposed twice unless nothing went out.
    if (alert !== undefined) this.#alerted.add(alert);
    const result = await this.#options.toolbox.call(tool, args, signal);
    if (alert !== undefined && isNotSent(result)) this.#alerted.delete(alert);
    return {
      kind: 'result',
      call,
      result,
      ...(facts.recipient === undefined ? {} : { recipient: facts.recipient }),
    };
  }

  /** Why the call is denied, or undefined. */
  async #settle(decision: Decision, call: ProposedCall, facts: PolicyFacts, signal: AbortSignal) {
    if (decision.verdict === 'allow') return undefined;
    if (decision.verdict === 'deny') return decision.reason;
    const { approve } = this.#options;
    if (approve === undefined) return `${decision.because}, and there is no terminal to ask on`;
    const approved = await approve(
      { ...call, because: decision.because, recipient: facts.recipient },
      signal,
    );
    return approved ? undefined : 'the person said no';
  }
}

const isNotSent = ({ structured }: ToolResult): boolean =>
  structured?.status === 'failed' || structured?.status === 'refused';

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
