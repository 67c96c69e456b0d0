import type { ResponseInputItem } from 'openai/resources/responses/responses';
import type { Prices, TokenUsage } from './prices.ts';

/** What goes into a request and comes out of an answer: items of the Responses API, replayed in order. */
export type ConversationItem = ResponseInputItem;

/** A function as the model sees it. */
export interface FunctionTool {
  readonly name: string;
  readonly description: string;
  readonly parameters: Record<string, unknown>;
  readonly strict: boolean;
}

export interface ModelRequest {
  readonly instructions: string;
  readonly input: readonly ConversationItem[];
  readonly tools: readonly FunctionTool[];
  readonly signal: AbortSignal;
}

export interface FunctionCall {
  readonly callId: string;
  readonly name: string;
  /** As the model wrote it: JSON, one hopes. */
  readonly arguments: string;
}

/** A whole answer. */
export interface Answer {
  readonly type: 'finished';
  /** Everything the model put out, to be replayed. */
  readonly items: readonly ConversationItem[];
  readonly text: string;
  /** Each with an id of its own. */
  readonly calls: readonly FunctionCall[];
  readonly usage: TokenUsage;
}

/** What one request gives: text as it comes, then the whole answer. */
export type AnswerEvent = { readonly type: 'text'; readonly delta: string } | Answer;

export type ModelEvent =
  | AnswerEvent
  /** The request failed before there was anything to show, and is made again after a pause. */
  | { readonly type: 'retry'; readonly reason: string; readonly inMs: number };

export interface Model {
  readonly name: string;
  /** Undefined where nobody knows what a token costs. */
  readonly prices?: Prices | undefined;
  /** One answer, streamed; ends with `finished`. Throws a SpendwiseError when there is no whole answer. */
  respond(request: ModelRequest): AsyncGenerator<ModelEvent>;
}
