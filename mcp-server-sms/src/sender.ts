import type RequestClient from 'twilio/lib/base/RequestClient.js';
import type { Config } from './config.ts';
import { httpClient, RequestFailed } from './http-client.ts';
import { maskPhone, maskPhonesIn, parsePhone } from './phone.ts';
import type { SendError, SendResult } from './result.ts';
import { bodyProblem, measure } from './text.ts';
import { hintFor } from './twilio-errors.ts';

/** An alert about this week's money is worth nothing tomorrow; Twilio would try for ten hours. */
const VALIDITY_SECONDS = 600;
const SID = /^(SM|MM)[0-9a-f]{32}$/;

const LOOK_FIRST = "look in the account's message log at Twilio before sending again";

export interface SendRequest {
  /** As the caller wrote it; absent means the default recipient. */
  readonly to?: string | undefined;
  readonly body: string;
  readonly signal: AbortSignal;
}

/** One text, one POST at most. Resolves whatever happens; a rejection would invite a second send. */
export type Sender = (request: SendRequest) => Promise<SendResult>;

export function createSender(config: Config): Sender {
  const client = lazyClient(config);
  return async ({ to: asked, body, signal }) => {
    const refuse = (to: string, reason: string): SendResult => ({
      status: 'refused',
      to,
      ...measure(body),
      body,
      reason,
    });
    const to = asked === undefined ? config.defaultRecipient : parsePhone(asked);
    if (to === undefined) {
      return asked === undefined
        ? refuse('(none)', '`to` is missing and NOTIFICATION_PHONE is not set')
        : refuse('(malformed)', '`to` must be a number in E.164, such as +41791234567');
    }
    const base = { to: maskPhone(to), ...measure(body), body };
    if (!config.allowedRecipients.has(to)) {
      return refuse(
        base.to,
        'the recipient is not among SMS_ALLOWED_RECIPIENTS (default: NOTIFICATION_PHONE)',
      );
    }
    const problem = bodyProblem(body);
    if (problem !== undefined) return refuse(base.to, problem);
    if (base.segments > config.maxSegments) {
      return refuse(
        base.to,
        `the text needs ${base.segments} segments; SMS_MAX_SEGMENTS is ${config.maxSegments}`,
      );
    }
    if (config.dryRun) return { ...base, status: 'dry_run', reason: 'SMS_DRY_RUN is set: nothing was sent' };
    // The last moment at which a cancellation means that nothing was sent.
    if (signal.aborted) {
      return { ...base, status: 'failed', error: { ...CANCELLED } };
    }
    return post(await client(), config, to, base);
  };
}

const CANCELLED: SendError = {
  kind: 'cancelled',
  message: 'cancelled before anything was sent',
  hint: 'call again to send',
  retryable: true,
};

type TwilioClient = import('twilio').Twilio;
type Base = Pick<SendResult, 'to' | 'segments' | 'encoding' | 'body'>;

async function post(client: TwilioClient, config: Config, to: string, base: Base): Promise<SendResult> {
  try {
    const message = await client.messages.create({
      to,
      ...config.sender,
      body: base.body,
      validityPeriod: VALIDITY_SECONDS,
    });
    // The client resolves a 201 with an empty object; without a SID nobody can say what became of the text.
    if (typeof message.sid !== 'string' || !SID.test(message.sid)) {
      return unknown(base, { kind: 'protocol', message: 'Twilio accepted, but named no message SID' });
    }
    return { ...base, status: statusOf(message.status), sid: message.sid };
  } catch (error) {
    return failure(base, error);
  }
}

function statusOf(status: string): SendResult['status'] {
  if (status === 'delivered' || status === 'read') return 'delivered';
  if (status === 'sent') return 'sent';
  return status === 'failed' || status === 'undelivered' || status === 'canceled' ? 'failed' : 'queued';
}

const unknown = (base: Base, error: Pick<SendError, 'kind' | 'message'>): SendResult => ({
  ...base,
  status: 'unknown',
  error: { ...error, hint: LOOK_FIRST, retryable: false },
});

/**
 * Sorts an error by what is known: a 4xx was not processed; anything after the request went out is unknown.
 * Only fields picked here leave: the client's errors hold credentials, recipient and text.
 */
function failure(base: Base, error: unknown): SendResult {
  if (error instanceof RequestFailed) {
    if (!error.sentNothing) {
      return unknown(base, { kind: error.timedOut ? 'timeout' : 'network', message: error.message });
    }
    const hint = 'check the network, then send again: nothing was sent';
    return {
      ...base,
      status: 'failed',
      error: {
        kind: 'network',
        message: `api.twilio.com cannot be reached (${error.message})`,
        hint,
        retryable: true,
      },
    };
  }
  const status = numberField(error, 'status') ?? 0;
  if (status < 400 || status >= 500) {
    return unknown(base, {
      kind: 'protocol',
      message: `Twilio answered ${status || 'something unexpected'}`,
    });
  }
  const code = numberField(error, 'code');
  const message = maskPhonesIn(error instanceof Error ? error.message : `HTTP ${status}`).slice(0, 300);
  return {
    ...base,
    status: 'failed',
    error: {
      kind: 'api',
      ...(code === undefined ? {} : { code }),
      message,
      hint: hintFor(code, status),
      retryable: status === 429,
    },
  };
}

function numberField(error: unknown, name: string): number | undefined {
  const value = typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined;
  return typeof value === 'number' ? value : undefined;
}

/** `twilio` takes some 125 ms to import: not before the first text. */
function lazyClient(config: Config): () => Promise<TwilioClient> {
  let client: Promise<TwilioClient> | undefined;
  return () => {
    client ??= import('twilio').then(({ default: twilio }) => {
      const { username, password } = config.credentials;
      const transport = httpClient({ baseUrl: config.apiBaseUrl });
      return new twilio.Twilio(username, password, {
        accountSid: config.accountSid,
        // Typed as the library's own class; it calls nothing but `request`.
        httpClient: transport as unknown as RequestClient,
      });
    });
    return client;
  };
}
