import type { Config } from '../config.ts';
import { quietProblem } from '../guards/quiet-hours.ts';
import { bodyProblem, MAX_BODY_UNITS, stripReordering } from '../guards/text.ts';
import { maskPhone, parsePhone } from '../phone.ts';
import type { SendResult } from '../result.ts';
import { measure } from '../text.ts';

/** The fields of every result. */
export type Described = Pick<SendResult, 'to' | 'segments' | 'encoding' | 'body'>;

export type Checked =
  | { readonly ok: true; readonly recipient: string; readonly described: Described; readonly note?: string }
  | { readonly ok: false; readonly described: Described; readonly reason: string };

const KEY = /^[A-Za-z0-9_\-:.]{1,64}$/;

export interface Asked {
  /** As the caller wrote it. Absent: the default recipient. */
  readonly to?: string | undefined;
  readonly body: string;
  readonly idempotencyKey?: string | undefined;
}

/** An overlong text is not measured, because that takes quadratic time. */
const describe = (body: string): Omit<Described, 'to'> =>
  body.length > MAX_BODY_UNITS ? { segments: 0, encoding: 'GSM-7', body: '' } : { ...measure(body), body };

/** All checks that need only the text and the settings. Pure. */
export function check(asked: Asked, config: Config, now: Date): Checked {
  const body = stripReordering(asked.body);
  const recipient = asked.to === undefined ? config.defaultRecipient : parsePhone(asked.to);
  const missing = asked.to === undefined ? '(none)' : '(malformed)';
  const to = recipient === undefined ? missing : maskPhone(recipient);
  const described = { to, ...describe(body) };
  const refuse = (reason: string): Checked => ({ ok: false, described, reason });
  if (recipient === undefined) {
    return refuse(
      asked.to === undefined
        ? '`to` is missing and NOTIFICATION_PHONE is not set'
        : '`to` must be a number in E.164, such as +41791234567',
    );
  }
  if (!config.allowedRecipients.has(recipient)) {
    return refuse('the recipient is not among SMS_ALLOWED_RECIPIENTS (default: NOTIFICATION_PHONE)');
  }
  if (asked.idempotencyKey !== undefined && !KEY.test(asked.idempotencyKey)) {
    return refuse('idempotency_key must be 1 to 64 of letters, digits, and _ - : .');
  }
  const problem = bodyProblem(body, config);
  if (problem !== undefined) return refuse(problem);
  if (described.segments > config.maxSegments) {
    return refuse(
      `the text needs ${described.segments} segments (${body.length} characters, ${described.encoding}); ` +
        `SMS_MAX_SEGMENTS is ${config.maxSegments}`,
    );
  }
  const quiet = config.quietHours && quietProblem(config.quietHours, recipient, now);
  if (quiet !== undefined) return refuse(quiet);
  const stripped = body.length < asked.body.length;
  return {
    ok: true,
    recipient,
    described,
    ...(stripped ? { note: 'characters that reorder text were removed' } : {}),
  };
}
