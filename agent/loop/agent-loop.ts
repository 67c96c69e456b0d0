import { Failed } from '@spendwise/sandbox/errors';
import type { ConversationItem, FunctionCall, Model } from '../models/model.ts';
import type { CallOutcome, ToolDoor } from '../tools/door.ts';
import { markedAsData } from '../tools/marked-as-data.ts';
import type { Conversation } from './conversation.ts';
import { type RunBounds, RunMeter, type Usage } from './run-meter.ts';

/** The events of a run, in order. Rendering, JSON output and tests use them. */
export type AgentEvent =
  | { readonly type: 'text'; readonly delta: string }
  | { readonly type: 'retry'; readonly reason: string; readonly inMs: number }
  | { readonly type: 'call'; readonly call: FunctionCall }
  | { readonly type: 'outcome'; readonly call: FunctionCall; readonly outcome: CallOutcome }
  | { readonly type: 'usage'; readonly usage: Usage }
  | { readonly type: 'answer'; readonly text: string };

export interface AgentRun {
  readonly model: Model;
  readonly door: ToolDoor;
  readonly instructions: string;
  readonly conversation: Conversation;
  readonly prompt: string;
  readonly signal: AbortSignal;
  /** Overrides the default limits. */
  readonly bounds?: Partial<RunBounds>;
}

/** An agent is a model in a loop over tools. Ends with `answer`, or throws a SpendwiseError. */
export async function* runAgent({ model, door, ...run }: AgentRun): AsyncGenerator<AgentEvent> {
  const { instructions, signal } = run;
  const items: ConversationItem[] = [{ role: 'user', content: run.prompt }];
  const tools = door.tools.map((tool) => tool.function);
  const meter = new RunMeter(run.bounds, model.prices);

  // #region loop
  for (;;) {
    meter.startTurn();
    let calls: readonly FunctionCall[] = [];
    let text = '';
    const time = meter.timeForAnswer(signal);
    try {
      const request = {
        instructions,
        input: [...run.conversation.items, ...items],
        tools,
        signal: time.signal,
      };
      for await (const event of model.respond(request)) {
        if (event.type !== 'finished') yield event;
        else {
          ({ calls, text } = event);
          items.push(...event.items);
          yield { type: 'usage', usage: meter.answered(event.usage) };
        }
      }
    } finally {
      time.stop();
    }
    if (calls.length === 0) {
      if (text.trim() === '')
        throw new Failed('the model gave an empty answer', 'ask again, or use another model');
      // Added at the end only: a failed run would leave calls without results, which no endpoint accepts.
      run.conversation.add(items);
      yield { type: 'answer', text };
      return;
    }
    for (const call of calls) {
      meter.startCall();
      yield { type: 'call', call };
      // Not limited by the time of the run: a call that sends must not be cut off.
      const outcome = await meter.timeCall((whileAsking) =>
        door.call(call.name, call.arguments, signal, whileAsking),
      );
      items.push({ type: 'function_call_output', call_id: call.callId, output: tell(outcome) });
      yield { type: 'outcome', call, outcome };
    }
  }
  // #endregion
}

/** What the model reads: results marked as data, refusals with their reason. */
export function tell(outcome: CallOutcome): string {
  switch (outcome.kind) {
    case 'result': {
      const { call, result } = outcome;
      return markedAsData(`${call.server}.${call.tool}`, result);
    }
    case 'denied':
      return JSON.stringify({ denied: true, reason: outcome.reason });
    case 'invalid':
      return JSON.stringify({ error: outcome.reason });
  }
}
