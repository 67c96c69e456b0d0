import { parsePhone } from './phone.ts';

/** The server's settings, checked. Secrets live here and in the Authorization header, nowhere else. */
export interface Config {
  readonly accountSid: string;
  /** User and password of Basic auth: account SID and auth token, or API key and its secret. */
  readonly credentials: { readonly username: string; readonly password: string };
  readonly sender: { readonly from: string } | { readonly messagingServiceSid: string };
  readonly defaultRecipient: string | undefined;
  readonly allowedRecipients: ReadonlySet<string>;
  readonly maxSegments: number;
  readonly dryRun: boolean;
  /** Where api.twilio.com is replaced by a listener on this machine. */
  readonly apiBaseUrl: URL | undefined;
}

export type ConfigResult = { ok: true; config: Config } | { ok: false; problems: string[] };

const E164_HINT = 'must be a number in E.164, such as +41791234567';

/**
 * Reads the settings out of an environment. Every mistake becomes one line that starts with the variable's name;
 * no line holds a value that could be secret. An empty value counts as not set.
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): ConfigResult {
  const problems: string[] = [];
  const get = (name: string) => env[name]?.trim() || undefined;
  const need = (name: string) => {
    const value = get(name);
    if (value === undefined) problems.push(`${name}: not set`);
    return value ?? '';
  };

  const accountSid = need('TWILIO_ACCOUNT_SID');
  if (accountSid.startsWith('SK')) {
    problems.push('TWILIO_ACCOUNT_SID: this is an API key (SK…); the account SID starts with AC');
  } else if (accountSid && !/^AC[0-9a-fA-F]{32}$/.test(accountSid)) {
    problems.push('TWILIO_ACCOUNT_SID: must be AC followed by 32 hexadecimal digits');
  }

  const apiKey = get('TWILIO_API_KEY');
  const credentials =
    apiKey === undefined
      ? { username: accountSid, password: need('TWILIO_AUTH_TOKEN') }
      : { username: apiKey, password: need('TWILIO_API_SECRET') };
  if (apiKey !== undefined && !apiKey.startsWith('SK')) problems.push('TWILIO_API_KEY: must start with SK');

  const service = get('TWILIO_MESSAGING_SERVICE_SID');
  if (service !== undefined && !service.startsWith('MG')) {
    problems.push('TWILIO_MESSAGING_SERVICE_SID: must start with MG');
  }
  const phone = (name: string, value: string) => {
    const number = parsePhone(value);
    if (number === undefined) problems.push(`${name}: ${E164_HINT}`);
    return number;
  };
  let sender: Config['sender'] = { messagingServiceSid: service ?? '' };
  if (service === undefined) {
    const from = need('TWILIO_PHONE_NUMBER');
    if (from) sender = { from: phone('TWILIO_PHONE_NUMBER', from) ?? '' };
  }

  const defaultTo = get('NOTIFICATION_PHONE');
  const defaultRecipient = defaultTo === undefined ? undefined : phone('NOTIFICATION_PHONE', defaultTo);
  const list = get('SMS_ALLOWED_RECIPIENTS');
  const allowedRecipients = new Set<string>();
  for (const entry of list?.split(',') ?? (defaultRecipient ? [defaultRecipient] : [])) {
    const number = phone('SMS_ALLOWED_RECIPIENTS', entry.trim());
    if (number !== undefined) allowedRecipients.add(number);
  }

  const maxSegments = Number(get('SMS_MAX_SEGMENTS') ?? '4');
  if (!Number.isInteger(maxSegments) || maxSegments < 1) {
    problems.push('SMS_MAX_SEGMENTS: must be a whole number from 1');
  }
  const dryRun = get('SMS_DRY_RUN') ?? '0';
  if (dryRun !== '0' && dryRun !== '1') problems.push('SMS_DRY_RUN: must be 0 or 1');

  // The client library turns these into another host name, which nobody consented to.
  for (const name of ['TWILIO_REGION', 'TWILIO_EDGE']) {
    if (get(name) !== undefined)
      problems.push(`${name}: not supported: it changes the host that is called; unset it`);
  }
  const base = readApiBaseUrl(get('TWILIO_API_BASE_URL'));
  if (!base.ok) problems.push(`TWILIO_API_BASE_URL: ${base.problem}`);

  if (problems.length > 0 || !base.ok) return { ok: false, problems };
  return {
    ok: true,
    config: {
      accountSid,
      credentials,
      sender,
      defaultRecipient,
      allowedRecipients,
      maxSegments,
      dryRun: dryRun === '1',
      apiBaseUrl: base.url,
    },
  };
}

/** Texts and credentials may only be diverted to a listener on this machine. */
export function readApiBaseUrl(
  value: string | undefined,
): { ok: true; url?: URL } | { ok: false; problem: string } {
  if (value === undefined) return { ok: true };
  const url = URL.parse(value);
  const loopback = url !== null && /^(127(\.\d{1,3}){3}|\[::1\]|localhost)$/.test(url.hostname);
  if (url?.protocol !== 'http:' || !loopback || url.username || url.password || url.search || url.hash) {
    return { ok: false, problem: 'must be http:// on a loopback address, such as http://127.0.0.1:4010' };
  }
  if (url.pathname !== '/') return { ok: false, problem: 'must have no path' };
  return { ok: true, url };
}
