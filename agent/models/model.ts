import type { ResponseInputItem } from 'openai/resources/responses/responses';
import type { Prices, TokenUsage } from './prices.ts';

/** Items of the Responses API, for requests and answers, replayed in order. */
export type ConversationItem = ResponseInputItem;

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
  /** As the model wrote it; it may not be JSON. */
  readonly arguments: string;
}

export interface Answer {
  readonly type: 'finished';
  /** All output items, to be replayed. */
  readonly items: readonly ConversationItem[];
  readonly text: string;
  readonly calls: readonly FunctionCall[];
  readonly usage: TokenUsage;
}

/** The events of one request: text as it comes, then the complete answer. */
export type AnswerEvent = { readonly type: 'text'; readonly delta: string } | Answer;

export type ModelEvent =
  | AnswerEvent
  /** The request failed before anything was shown, and is repeated after a pause. */
  | { readonly type: 'retry'; readonly reason: string; readonly inMs: number };

export interface Model {
  readonly name: string;
  readonly prices?: Prices | undefined;
  /** Streams one answer, ending with `finished`. Throws a SpendwiseError if there is no complete answer. */
  respond(request: ModelRequest): AsyncGenerator<ModelEvent>;
}
