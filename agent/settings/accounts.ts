import {
  readApiBaseUrl,
  readConfig,
  type Config as SmsConfig,
  VARIABLES,
} from '../../mcp-server-sms/src/config.ts';
import { MODEL_APIS, type ModelApi } from '../models/endpoint.ts';
import { type Prices, parsePrices } from '../models/prices.ts';
import { NotConfigured } from '../sandbox/foundation/errors.ts';
import type { MCPManifest } from '../sandbox/manifest/manifest.ts';
import type { Diversion } from '../sandbox/plan/egress.ts';
import { type Environment, variable } from './environment.ts';

export const TWILIO_VARIABLES = [
  'TWILIO_ACCOUNT_SID',
  'TWILIO_AUTH_TOKEN',
  'TWILIO_PHONE_NUMBER',
  'NOTIFICATION_PHONE',
] as const;

/**
 * Settings of the SMS server on its own: all it knows but the four above, which it is granted in its sandbox, and the
 * address, which is the broker's. One of these would be dropped without a word: a dry run that is none.
 */
const NOT_PASSED_ON = VARIABLES.filter(
  (name) => name !== 'TWILIO_API_BASE_URL' && !TWILIO_VARIABLES.some((granted) => granted === name),
);

const DEFAULT_MODEL = 'gpt-5.4-mini';

export interface ModelAccount {
  readonly apiKey: string;
  /** Undefined: OpenAI itself. */
  readonly baseUrl: string | undefined;
  readonly model: string;
  readonly api: ModelApi;
  /** What the person says it costs. */
  readonly prices: Prices | undefined;
}

/** The model to use, or undefined when neither key nor endpoint is set. Throws NotConfigured. */
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
      `OPENAI_API is none of ${MODEL_APIS.join(', ')}`,
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
  // A local endpoint wants no key; the client insists on some value.
  return { apiKey: apiKey ?? 'none', baseUrl, model, api, prices };
}

export function requireModelAccount(environment: Environment): ModelAccount {
  const account = modelAccount(environment);
  if (account !== undefined) return account;
  throw new NotConfigured(
    'no model is configured: OPENAI_API_KEY and OPENAI_BASE_URL are not set',
    'set one of them in .env, or try `npm run demo`, which needs neither',
  );
}

export interface SmsAccount {
  readonly config: SmsConfig;
  readonly notificationPhone: string;
  /** `override`: TWILIO_API_BASE_URL diverts every call to a listener on this machine. */
  readonly kind: 'override' | 'live';
}

/** Whether any part of a Twilio account is set: then all of it must be. */
export const hasSmsAccount = (environment: Environment): boolean =>
  [...TWILIO_VARIABLES, 'TWILIO_API_BASE_URL'].some((name) => variable(environment, name) !== undefined);

/** The Twilio account, by the SMS server's own rules, so that both say the same. Throws NotConfigured. */
export function smsAccount(environment: Environment): SmsAccount {
  const dropped = NOT_PASSED_ON.filter((name) => variable(environment, name) !== undefined);
  const read = readConfig({
    ...environment,
    ...Object.fromEntries(dropped.map((name) => [name, undefined])),
  });
  const problems = read.ok ? [] : [...read.problems];
  for (const name of dropped)
    problems.push(`${name}: does not reach the SMS server in its sandbox; unset it`);
  const notificationPhone = read.ok ? read.config.defaultRecipient : undefined;
  if (variable(environment, 'NOTIFICATION_PHONE') === undefined) problems.push('NOTIFICATION_PHONE: not set');
  if (!read.ok || notificationPhone === undefined || problems.length > 0) {
    throw new NotConfigured(
      `Twilio is not configured: ${problems.join('; ')}`,
      'mend it in .env or the environment, or try `npm run demo`, which needs no account',
    );
  }
  return { config: read.config, notificationPhone, kind: read.config.apiBaseUrl ? 'override' : 'live' };
}

/**
 * Sends what a server means for api.twilio.com to the address in TWILIO_API_BASE_URL, where that is set. Read for servers
 * that were granted that domain alone: for others it does not matter. Throws NotConfigured.
 */
export const twilioDiversions =
  (environment: Environment) =>
  ({ runtimePermissions }: MCPManifest): Diversion[] => {
    const own = runtimePermissions.some(
      (p) => p.type === 'domain' && p.domain === TWILIO.domain && p.port === TWILIO.port,
    );
    if (!own) return [];
    const read = readApiBaseUrl(variable(environment, VARIABLE));
    if (!read.ok)
      throw new NotConfigured(`${VARIABLE}: ${read.problem}`, 'fix it, or unset it to use Twilio');
    return read.url === undefined ? [] : [{ ...TWILIO, target: read.url, variable: VARIABLE }];
  };

const TWILIO = { domain: 'api.twilio.com', port: 443 };
const VARIABLE = 'TWILIO_API_BASE_URL';
