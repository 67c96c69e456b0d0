/** How a model is spoken to: OpenAI's own API, or the older one that more endpoints know. */
export const MODEL_APIS = ['responses', 'chat'] as const;
export type ModelApi = (typeof MODEL_APIS)[number];

export interface EndpointOptions {
  readonly apiKey: string;
  /** Undefined: OpenAI itself. */
  readonly baseUrl: string | undefined;
  readonly model: string;
  readonly api?: ModelApi;
}

/** Where the model is, in words fit for a person: no path, no key. */
export interface Endpoint {
  readonly origin: string;
  readonly model: string;
  readonly api: ModelApi;
  /** Somebody's own or another provider's: it may not know all that OpenAI does. */
  readonly own: boolean;
}

export function endpointOf({ baseUrl, model, api = 'responses' }: EndpointOptions): Endpoint {
  const url = new URL(baseUrl ?? 'https://api.openai.com/v1');
  return { origin: url.origin, model, api, own: !/(^|\.)api\.openai\.com$/.test(url.hostname) };
}
