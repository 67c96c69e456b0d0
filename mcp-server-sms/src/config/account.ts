import type { VariableReader } from './variables.ts';

/** User and password of Basic auth: account SID and token, or API key and secret. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

// Checked at start: other characters would fail in the header of the first send.
const HEADER_SAFE = /^[\x21-\x7e]+$/;

export function readAccountSid(reader: VariableReader): string {
  const sid = reader.need('TWILIO_ACCOUNT_SID');
  if (sid.startsWith('SK')) {
    reader.wrong('TWILIO_ACCOUNT_SID', 'this is an API key (SK…); the account SID starts with AC');
  } else if (sid && !/^AC[0-9a-fA-F]{32}$/.test(sid)) {
    reader.wrong('TWILIO_ACCOUNT_SID', 'must be AC followed by 32 hexadecimal digits');
  }
  return sid;
}

export function readCredentials(reader: VariableReader, accountSid: string): Credentials {
  const before = reader.problems.length;
  const key = reader.secret('TWILIO_API_KEY');
  const secret = reader.secret('TWILIO_API_SECRET');
  const token = reader.secret('TWILIO_AUTH_TOKEN');
  const misread = reader.problems.length > before;
  for (const [name, value] of [
    ['TWILIO_API_SECRET', secret],
    ['TWILIO_AUTH_TOKEN', token],
  ] as const) {
    if (value !== undefined && !HEADER_SAFE.test(value))
      reader.wrong(name, 'holds spaces, line breaks or characters that Twilio never uses');
  }
  if (key === undefined) {
    if (secret !== undefined) reader.wrong('TWILIO_API_KEY', 'not set, but TWILIO_API_SECRET is');
    else if (token === undefined && !misread) reader.wrong('TWILIO_AUTH_TOKEN', 'not set');
    return { username: accountSid, password: token ?? '' };
  }
  if (key.startsWith('AC')) {
    reader.wrong('TWILIO_API_KEY', 'this is an account SID (AC…); an API key starts with SK');
  } else if (!/^SK[0-9a-fA-F]{32}$/.test(key)) {
    reader.wrong('TWILIO_API_KEY', 'must be SK followed by 32 hexadecimal digits');
  }
  if (secret === undefined && !misread) reader.wrong('TWILIO_API_SECRET', 'not set, but TWILIO_API_KEY is');
  return { username: key, password: secret ?? '' };
}

/** Calls may be diverted only to a listener on this machine. */
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
