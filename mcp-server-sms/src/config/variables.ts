import { readFileSync } from 'node:fs';

/** All variables of this server. Another one that starts with SMS_ is probably a typo. */
export const VARIABLES = [
  'TWILIO_ACCOUNT_SID',
  'TWILIO_AUTH_TOKEN',
  'TWILIO_AUTH_TOKEN_FILE',
  'TWILIO_API_KEY',
  'TWILIO_API_KEY_FILE',
  'TWILIO_API_SECRET',
  'TWILIO_API_SECRET_FILE',
  'TWILIO_PHONE_NUMBER',
  'TWILIO_MESSAGING_SERVICE_SID',
  'TWILIO_API_BASE_URL',
  'NOTIFICATION_PHONE',
  'SMS_ALLOWED_RECIPIENTS',
  'SMS_MAX_PER_HOUR',
  'SMS_MAX_PER_DAY',
  'SMS_MAX_PER_RECIPIENT_PER_DAY',
  'SMS_MAX_SEGMENTS',
  'SMS_DEDUPE_WINDOW',
  'SMS_QUIET_HOURS',
  'SMS_DRY_RUN',
  'SMS_KILL_SWITCH',
  'SMS_CONFIRM',
  'SMS_ALLOW_URLS',
  'SMS_ALLOW_SECRETS',
  'SMS_STATE_DIR',
  'SMS_HTTP_TOKEN',
  'SMS_HTTP_TOKEN_FILE',
  'SMS_HTTP_ALLOWED_HOSTS',
  'SMS_HTTP_ALLOWED_ORIGINS',
] as const;
export type Variable = (typeof VARIABLES)[number];
/** Variables of the client library that are refused here. */
type Refused = 'TWILIO_REGION' | 'TWILIO_EDGE';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Variables that look like ours but are not. A misspelt guard guards nothing. */
export const misspelt = (env: Environment): string[] =>
  Object.keys(env).filter((name) => name.startsWith('SMS_') && !VARIABLES.includes(name as Variable));

/**
 * Reads variables and collects mistakes, one line each, starting with the variable name. No line holds a value that
 * could be secret. Empty counts as not set.
 */
export class VariableReader {
  readonly problems: string[] = [];
  readonly #env: Environment;

  constructor(env: Environment) {
    this.#env = env;
  }

  wrong(name: Variable | Refused, problem: string): undefined {
    this.problems.push(`${name}: ${problem}`);
  }

  get(name: Variable | Refused): string | undefined {
    return this.#env[name]?.trim() || undefined;
  }

  need(name: Variable): string {
    const value = this.get(name);
    if (value === undefined) this.wrong(name, 'not set');
    return value ?? '';
  }

  /** Reads NAME, or the file named by NAME_FILE, as containers pass secrets. */
  secret(
    name: 'TWILIO_AUTH_TOKEN' | 'TWILIO_API_KEY' | 'TWILIO_API_SECRET' | 'SMS_HTTP_TOKEN',
  ): string | undefined {
    const value = this.get(name);
    const path = this.get(`${name}_FILE`);
    if (path === undefined) return value;
    if (value !== undefined) return this.wrong(`${name}_FILE`, `set beside ${name}; keep one of the two`);
    let content: string;
    try {
      content = readFileSync(path, 'utf8').trim();
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? ` (${error.code})` : '';
      return this.wrong(`${name}_FILE`, `the file cannot be read${code}`);
    }
    if (content === '') return this.wrong(`${name}_FILE`, 'the file is empty');
    return content;
  }

  integer(name: Variable, { fallback, min, max }: { fallback: number; min: number; max: number }): number {
    const value = this.get(name);
    if (value === undefined) return fallback;
    const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
    if (number >= min && number <= max) return number;
    this.wrong(name, `must be a whole number from ${min} to ${max}`);
    return fallback;
  }

  flag(name: Variable): boolean {
    const value = this.get(name) ?? '0';
    if (value !== '0' && value !== '1') this.wrong(name, 'must be 0 or 1');
    return value === '1';
  }
}
