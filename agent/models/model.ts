import type { ResponseInputItem } from 'openai/resources/responses/responses';

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

export type ModelEvent =
  | { readonly type: 'text'; readonly delta: string }
  | {
      readonly type: 'finished';
      /** Everything the model put out, to be replayed. */
      readonly items: readonly ConversationItem[];
      readonly text: string;
      readonly calls: readonly FunctionCall[];
      readonly usage: { readonly inputTokens: number; readonly outputTokens: number };
    };

export interface Model {
  readonly name: string;
  /** One answer, streamed; ends with `finished`. Throws a SpendwiseError when there is no whole answer. */
  respond(request: ModelRequest): AsyncGenerator<ModelEvent>;
}
