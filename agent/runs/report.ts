import type { RuntimeKind } from '@spendwise/sandbox';
import type { ServerEgress } from '../app/sandboxed-servers.ts';
import type { AgentEvent } from '../loop/agent-loop.ts';
import { NOTHING_USED, type Usage } from '../loop/run-meter.ts';
import type { BudgetStatus } from '../spending/status.ts';
import type { CallOutcome } from '../tools/door.ts';
import { isSend } from '../tools/known-tools.ts';

export interface SentMessage {
  readonly tool: string;
  readonly to: string;
  readonly body: string;
  readonly sid: string | null;
  readonly status: string;
}

/** The JSON object of `agent ask --json` and `npm run demo -- --json`. */
export interface RunReport {
  readonly runtime: RuntimeKind;
  readonly model: { readonly kind: 'scripted' | 'openai'; readonly name: string } & Usage;
  readonly twilio: 'stand-in' | 'override' | 'live';
  readonly budgets: readonly Pick<
    BudgetStatus,
    'category' | 'currency' | 'spentMinor' | 'limitMinor' | 'percent' | 'state'
  >[];
  readonly messages: readonly SentMessage[];
  /** Decisions of the broker. Empty for a plain process, which has no broker. */
  readonly egress: readonly ServerEgress[];
  readonly answer: string;
  readonly error?: { readonly message: string; readonly hint: string };
}

/** Collects a run's events into a report. Sent texts stay in it even if the run fails later. */
export class RunRecorder {
  #usage = NOTHING_USED;
  #messages: SentMessage[] = [];
  #egress: ServerEgress[] = [];
  #answer = '';

  get messages(): readonly SentMessage[] {
    return this.#messages;
  }

  readonly recordEgress = (event: ServerEgress): void => void this.#egress.push(event);

  get egress(): readonly ServerEgress[] {
    return this.#egress;
  }

  record(event: AgentEvent): void {
    if (event.type === 'usage') this.#usage = event.usage;
    if (event.type === 'answer') this.#answer = event.text;
    if (event.type === 'outcome') {
      const message = sentMessage(event.outcome);
      if (message) this.#messages.push(message);
    }
  }

  report(
    parts: Pick<RunReport, 'runtime' | 'twilio' | 'budgets'> & {
      model: Pick<RunReport['model'], 'kind' | 'name'>;
    },
    error?: { message: string; hint: string },
  ): RunReport {
    return {
      runtime: parts.runtime,
      model: { ...parts.model, ...this.#usage },
      twilio: parts.twilio,
      budgets: parts.budgets.map(({ category, currency, spentMinor, limitMinor, percent, state }) => ({
        category,
        currency,
        spentMinor,
        limitMinor,
        percent,
        state,
      })),
      messages: this.#messages,
      egress: this.#egress,
      answer: this.#answer,
      ...(error ? { error: { message: error.message, hint: error.hint } } : {}),
    };
  }
}

/** The text of a call that the SMS server did not refuse. */
function sentMessage(outcome: CallOutcome): SentMessage | undefined {
  if (outcome.kind !== 'result' || !isSend(outcome.call)) return undefined;
  const { structured } = outcome.result;
  const status = structured?.status;
  if (typeof status !== 'string' || status === 'refused') return undefined;
  const sid = structured?.sid;
  return {
    tool: outcome.call.tool,
    to: outcome.recipient ?? '',
    // A server may return anything here.
    body: typeof structured?.body === 'string' ? structured.body : '',
    sid: typeof sid === 'string' ? sid : null,
    status,
  };
}
