import type { AgentEvent, Usage } from './loop.ts';
import type { RuntimeKind } from './sandbox/runtimes/runtime.ts';
import type { BudgetStatus } from './spending/status.ts';
import type { CallOutcome } from './tools/door.ts';

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
  readonly egress: readonly {
    server: string;
    host: string;
    port: number;
    verdict: 'allowed' | 'denied';
    reason: string;
  }[];
  readonly answer: string;
  readonly error?: { readonly message: string; readonly hint: string };
}

/** Gathers a run's events into a report. What was sent stays in it even when the run fails later. */
export class RunRecorder {
  #usage: Usage = { calls: 0, inputTokens: 0, outputTokens: 0 };
  #messages: SentMessage[] = [];
  #answer = '';

  get messages(): readonly SentMessage[] {
    return this.#messages;
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
      // A plain process has no broker before it: nobody saw what it connected to.
      egress: [],
      answer: this.#answer,
      ...(error ? { error: { message: error.message, hint: error.hint } } : {}),
    };
  }
}

/** What reached the SMS server and was not refused there. */
function sentMessage(outcome: CallOutcome): SentMessage | undefined {
  if (outcome.kind !== 'result' || outcome.call.server !== 'sms') return undefined;
  const { structured } = outcome.result;
  const status = structured?.status;
  if (typeof status !== 'string' || status === 'refused') return undefined;
  const sid = structured?.sid;
  return {
    tool: outcome.call.tool,
    to: outcome.recipient ?? '',
    body: String(structured?.body ?? ''),
    sid: typeof sid === 'string' ? sid : null,
    status,
  };
}
