import { type Credentials, readAccountSid, readApiBaseUrl, readCredentials } from './config/account.ts';
import { type Environment, type Variable, VariableReader } from './config/variables.ts';
import { parseQuietHours, type QuietHours } from './guards/quiet-hours.ts';
import { parsePhone } from './phone.ts';

export { readApiBaseUrl } from './config/account.ts';
export { VARIABLES } from './config/variables.ts';

/** Limits of sending. Accepted, pending and unknown texts count; failed ones do not. */
export interface Limits {
  readonly perHour: number;
  readonly perDay: number;
  readonly perRecipientPerDay: number;
  /** How long the same text to the same recipient counts as a duplicate. 0: off. */
  readonly dedupeWindowMs: number;
}

/** The checked settings. Secrets are kept only here and in the Authorization header. */
export interface Config {
  readonly accountSid: string;
  readonly credentials: Credentials;
  readonly sender: { readonly from: string } | { readonly messagingServiceSid: string };
  readonly defaultRecipient: string | undefined;
  readonly allowedRecipients: ReadonlySet<string>;
  readonly maxSegments: number;
  readonly limits: Limits;
  readonly quietHours: QuietHours | undefined;
  readonly dryRun: boolean;
  readonly killSwitch: boolean;
  /** A person confirms each text through the client. */
  readonly confirm: boolean;
  readonly allowUrls: boolean;
  readonly allowSecrets: boolean;
  /** Undefined: state is kept in memory only. */
  readonly stateDir: string | undefined;
  /** Replaces api.twilio.com by a listener on this machine. */
  readonly apiBaseUrl: URL | undefined;
}

export type ConfigResult = { ok: true; config: Config } | { ok: false; problems: string[] };

const E164_HINT = 'must be a number in E.164, such as +41791234567';
const MONTH_S = 30 * 24 * 3600;

/** Reads the settings. Each mistake becomes one line; see VariableReader. */
export function readConfig(env: Environment): ConfigResult {
  const reader = new VariableReader(env);
  const accountSid = readAccountSid(reader);
  const credentials = readCredentials(reader, accountSid);
  const phone = (name: Variable, value: string) => parsePhone(value) ?? reader.wrong(name, E164_HINT);

  const service = reader.get('TWILIO_MESSAGING_SERVICE_SID');
  if (service !== undefined && !/^MG[0-9a-fA-F]{32}$/.test(service)) {
    reader.wrong('TWILIO_MESSAGING_SERVICE_SID', 'must be MG followed by 32 hexadecimal digits');
  }
  let sender: Config['sender'] = { messagingServiceSid: service ?? '' };
  if (service === undefined) {
    const from = reader.need('TWILIO_PHONE_NUMBER');
    if (from) sender = { from: phone('TWILIO_PHONE_NUMBER', from) ?? '' };
  }

  const owner = reader.get('NOTIFICATION_PHONE');
  const defaultRecipient = owner === undefined ? undefined : phone('NOTIFICATION_PHONE', owner);
  const list = reader
    .get('SMS_ALLOWED_RECIPIENTS')
    ?.split(',')
    .map((entry) => phone('SMS_ALLOWED_RECIPIENTS', entry));
  const allowed = (list ?? [defaultRecipient]).filter((number) => number !== undefined);

  const config: Config = {
    accountSid,
    credentials,
    sender,
    defaultRecipient,
    allowedRecipients: new Set(allowed),
    maxSegments: reader.integer('SMS_MAX_SEGMENTS', { fallback: 4, min: 1, max: 24 }),
    limits: {
      perHour: reader.integer('SMS_MAX_PER_HOUR', { fallback: 20, min: 0, max: 1_000_000 }),
      perDay: reader.integer('SMS_MAX_PER_DAY', { fallback: 50, min: 0, max: 1_000_000 }),
      perRecipientPerDay: reader.integer('SMS_MAX_PER_RECIPIENT_PER_DAY', {
        fallback: 20,
        min: 0,
        max: 1_000_000,
      }),
      dedupeWindowMs: 1000 * reader.integer('SMS_DEDUPE_WINDOW', { fallback: 86_400, min: 0, max: MONTH_S }),
    },
    quietHours: readQuietHours(reader),
    dryRun: reader.flag('SMS_DRY_RUN'),
    killSwitch: reader.flag('SMS_KILL_SWITCH'),
    confirm: reader.flag('SMS_CONFIRM'),
    allowUrls: reader.flag('SMS_ALLOW_URLS'),
    allowSecrets: reader.flag('SMS_ALLOW_SECRETS'),
    stateDir: reader.get('SMS_STATE_DIR'),
    apiBaseUrl: readBaseUrl(reader),
  };
  // The client library would call another host, which the user did not consent to.
  for (const name of ['TWILIO_REGION', 'TWILIO_EDGE'] as const) {
    if (reader.get(name) !== undefined)
      reader.wrong(name, 'not supported: it changes the host that is called; unset it');
  }
  const problems = [...new Set(reader.problems)];
  return problems.length > 0 ? { ok: false, problems } : { ok: true, config };
}

function readQuietHours(reader: VariableReader): QuietHours | undefined {
  const value = reader.get('SMS_QUIET_HOURS');
  if (value === undefined) return undefined;
  return (
    parseQuietHours(value) ??
    reader.wrong(
      'SMS_QUIET_HOURS',
      'must be like 22:00-07:00, and may name a time zone: 22:00-07:00 Europe/Zurich',
    )
  );
}

function readBaseUrl(reader: VariableReader): URL | undefined {
  const base = readApiBaseUrl(reader.get('TWILIO_API_BASE_URL'));
  return base.ok ? base.url : reader.wrong('TWILIO_API_BASE_URL', base.problem);
}
