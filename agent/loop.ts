import { Failed } from './errors.ts';
import type { ConversationItem, FunctionCall, Model } from './models/model.ts';
import type { CallOutcome, ToolDoor } from './tools/door.ts';
import { markedAsData } from './tools/marked-as-data.ts';

/** Bounds of one run: a model that keeps calling tools ends here. */
export const MAX_TURNS = 16;
export const MAX_CALLS = 48;

export interface Usage {
  readonly calls: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** What happens in a run, in order; rendering, JSON output and tests all live on these. */
export type AgentEvent =
  | { readonly type: 'text'; readonly delta: string }
  | { readonly type: 'call'; readonly call: FunctionCall }
  | { readonly type: 'outcome'; readonly call: FunctionCall; readonly outcome: CallOutcome }
  | { readonly type: 'usage'; readonly usage: Usage }
  | { readonly type: 'answer'; readonly text: string };

export interface AgentRun {
  readonly model: Model;
  readonly door: ToolDoor;
  readonly instructions: string;
  /** Grows by this run's items when it ends well, so that the next run goes on from there. */
  readonly conversation: ConversationItem[];
  readonly prompt: string;
  readonly signal: AbortSignal;
}

/** An agent is a model in a loop over tools. Ends with `answer`, or throws a SpendwiseError. */
export async function* runAgent({ model, door, ...run }: AgentRun): AsyncGenerator<AgentEvent> {
  const { instructions, signal } = run;
  const conversation: ConversationItem[] = [...run.conversation, { role: 'user', content: run.prompt }];
  const tools = door.tools.map((tool) => tool.function);
  let usage: Usage = { calls: 0, inputTokens: 0, outputTokens: 0 };
  let toolCalls = 0;

  for (let turn = 0; turn < MAX_TURNS; turn += 1) {
    let calls: readonly FunctionCall[] = [];
    let text = '';
    for await (const event of model.respond({ instructions, input: conversation, tools, signal })) {
      if (event.type === 'text') yield event;
      else {
        ({ calls, text } = event);
        conversation.push(...event.items);
        usage = {
          calls: usage.calls + 1,
          inputTokens: usage.inputTokens + event.usage.inputTokens,
          outputTokens: usage.outputTokens + event.usage.outputTokens,
        };
        yield { type: 'usage', usage };
      }
    }
    if (calls.length === 0) {
      if (text.trim() === '')
        throw new Failed('the model gave an empty answer', 'ask again, or take another model');
      // Only now: a run that broke off would leave calls without results, which no endpoint accepts.
      run.conversation.splice(0, run.conversation.length, ...conversation);
      yield { type: 'answer', text };
      return;
    }
    for (const call of calls) {
      toolCalls += 1;
      if (toolCalls > MAX_CALLS)
        throw new Failed(`the model made more than ${MAX_CALLS} tool calls`, LOOPING);
      yield { type: 'call', call };
      const outcome = await door.call(call.name, call.arguments, signal);
      conversation.push({ type: 'function_call_output', call_id: call.callId, output: tell(outcome) });
      yield { type: 'outcome', call, outcome };
    }
  }
  throw new Failed(`the model still called tools after ${MAX_TURNS} turns`, LOOPING);
}

const LOOPING = 'it seems to go in circles; ask more precisely, or take another model';

/** What the model reads: results marked as others' words, refusals as data it can act on. */
function tell(outcome: CallOutcome): string {
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
