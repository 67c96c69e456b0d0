/** The APIs of a model: Responses, or the older Chat Completions that more endpoints know. */
export const MODEL_APIS = ['responses', 'chat'] as const;
export type ModelApi = (typeof MODEL_APIS)[number];

export interface EndpointOptions {
  readonly apiKey: string;
  /** Undefined for OpenAI itself. */
  readonly baseUrl: string | undefined;
  readonly model: string;
  readonly api?: ModelApi;
}

/** Describes the endpoint for messages: without path or key. */
export interface Endpoint {
  readonly origin: string;
  readonly model: string;
  readonly api: ModelApi;
  /** Not OpenAI: it may not support every OpenAI feature. */
  readonly own: boolean;
}

export function endpointOf({ baseUrl, model, api = 'responses' }: EndpointOptions): Endpoint {
  const url = new URL(baseUrl ?? 'https://api.openai.com/v1');
  return { origin: url.origin, model, api, own: !/(^|\.)api\.openai\.com$/.test(url.hostname) };
}
