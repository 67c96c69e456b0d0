import { type Variable, VariableReader } from '../config/variables.ts';

export interface HttpSettings {
  readonly host: string;
  readonly port: number;
  /** Required for /mcp if set. */
  readonly token: string | undefined;
  /** Allowed Host headers and Origins besides this machine's names. Exact, lower case. */
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
}

export type HttpSettingsResult =
  | { readonly ok: true; readonly settings: HttpSettings }
  | { readonly ok: false; readonly problems: readonly string[] };

const MIN_TOKEN = 16;
const TOKEN = /^[\x21-\x7e]+$/;
const HOST = /^([a-z0-9.-]+|\[[0-9a-f:.]+\])(:\d{1,5})?$/;

export const isLoopback = (host: string): boolean =>
  /^(localhost|127(\.\d{1,3}){3}|::1|::ffff:127(\.\d{1,3}){3})$/i.test(host);

/** Like `readConfig`: one line for each mistake, without secrets. */
export function readHttpSettings(
  { host, port }: { readonly host: string; readonly port: number },
  env: Readonly<Record<string, string | undefined>>,
): HttpSettingsResult {
  const reader = new VariableReader(env);
  const list = (name: Variable) =>
    (reader.get(name) ?? '')
      .split(',')
      .map((entry) => entry.trim().toLowerCase())
      .filter(Boolean);

  const token = readToken(reader);
  if (token === undefined && reader.problems.length === 0 && !isLoopback(host))
    reader.wrong('SMS_HTTP_TOKEN', `not set; it is needed because --host ${host} is not loopback`);
  const allowedHosts = list('SMS_HTTP_ALLOWED_HOSTS');
  if (!allowedHosts.every((entry) => HOST.test(entry)))
    reader.wrong('SMS_HTTP_ALLOWED_HOSTS', 'must be hosts as clients write them, such as sms.example:8080');
  const allowedOrigins = list('SMS_HTTP_ALLOWED_ORIGINS');
  if (!allowedOrigins.every((entry) => URL.parse(entry)?.origin === entry))
    reader.wrong('SMS_HTTP_ALLOWED_ORIGINS', 'must be origins, such as https://app.example');
  if (reader.problems.length > 0) return { ok: false, problems: reader.problems };
  return { ok: true, settings: { host, port, token, allowedHosts, allowedOrigins } };
}

function readToken(reader: VariableReader): string | undefined {
  const token = reader.secret('SMS_HTTP_TOKEN');
  if (token !== undefined && (token.length < MIN_TOKEN || !TOKEN.test(token))) {
    const name = reader.get('SMS_HTTP_TOKEN') === undefined ? 'SMS_HTTP_TOKEN_FILE' : 'SMS_HTTP_TOKEN';
    reader.wrong(name, `must be at least ${MIN_TOKEN} characters, without spaces`);
  }
  return token;
}
