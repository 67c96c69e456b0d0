import { NotConfigured } from '@spendwise/sandbox/errors';
import { MODEL_APIS, type ModelApi } from '../models/endpoint.ts';
import { type Prices, parsePrices } from '../models/prices.ts';
import { type Environment, variable } from './environment.ts';

const DEFAULT_MODEL = 'gpt-5.4-mini';

export interface ModelAccount {
  readonly apiKey: string;
  /** Undefined for OpenAI itself. */
  readonly baseUrl: string | undefined;
  readonly model: string;
  readonly api: ModelApi;
  /** Set by OPENAI_PRICES. */
  readonly prices: Prices | undefined;
}

/** The configured model; undefined if neither key nor endpoint is set. Throws NotConfigured. */
export function modelAccount(environment: Environment): ModelAccount | undefined {
  const apiKey = variable(environment, 'OPENAI_API_KEY');
  const baseUrl = variable(environment, 'OPENAI_BASE_URL');
  if (apiKey === undefined && baseUrl === undefined) return undefined;
  if (baseUrl !== undefined && !/^https?:$/.test(URL.parse(baseUrl)?.protocol ?? '')) {
    throw new NotConfigured(
      'OPENAI_BASE_URL is not an http(s) address',
      'such as http://127.0.0.1:11434/v1; unset it to use OpenAI',
    );
  }
  const named = variable(environment, 'OPENAI_API') ?? 'responses';
  const api = MODEL_APIS.find((known) => known === named);
  if (api === undefined) {
    throw new NotConfigured(
      `OPENAI_API is not one of ${MODEL_APIS.join(', ')}`,
      'chat is for endpoints that know only Chat Completions; unset it for the Responses API',
    );
  }
  const stated = variable(environment, 'OPENAI_PRICES');
  const prices = stated === undefined ? undefined : parsePrices(stated);
  if (stated !== undefined && prices === undefined) {
    throw new NotConfigured(
      'OPENAI_PRICES is not input/cached/output',
      'in dollars for a million tokens, such as 0.75/0.075/4.50; without a cached price, such as 0.75/4.50',
    );
  }
  const model = variable(environment, 'OPENAI_MODEL') ?? DEFAULT_MODEL;
  // A local endpoint needs no key, but the client requires a value.
  return { apiKey: apiKey ?? 'none', baseUrl, model, api, prices };
}

export function requireModelAccount(environment: Environment): ModelAccount {
  const account = modelAccount(environment);
  if (account !== undefined) return account;
  throw new NotConfigured(
    'no model is configured: OPENAI_API_KEY and OPENAI_BASE_URL are not set',
    'set one of them in .env, or try `spendwise demo`, which needs neither',
  );
}
