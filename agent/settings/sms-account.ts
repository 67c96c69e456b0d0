import { NotConfigured } from '@spendwise/sandbox/errors';
import { readConfig, type Config as SmsConfig, VARIABLES } from 'mcp-server-sms/agreement';
import { type Environment, variable } from './environment.ts';

export const TWILIO_VARIABLES = [
  'TWILIO_ACCOUNT_SID',
  'TWILIO_AUTH_TOKEN',
  'TWILIO_PHONE_NUMBER',
  'NOTIFICATION_PHONE',
] as const;

/**
 * Settings of the SMS server that do not reach it in its sandbox. Ignoring one silently would be dangerous: SMS_DRY_RUN
 * would send texts.
 */
const NOT_PASSED_ON = VARIABLES.filter(
  (name) => name !== 'TWILIO_API_BASE_URL' && !TWILIO_VARIABLES.some((granted) => granted === name),
);

export interface SmsAccount {
  readonly config: SmsConfig;
  readonly notificationPhone: string;
  /** `override`: TWILIO_API_BASE_URL diverts every call to a listener on this machine. */
  readonly kind: 'override' | 'live';
}

/** The Twilio account, checked with the rules of the SMS server. Throws NotConfigured. */
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
      'fix it in .env or the environment, or try `spendwise demo`, which needs no account',
    );
  }
  return { config: read.config, notificationPhone, kind: read.config.apiBaseUrl ? 'override' : 'live' };
}
