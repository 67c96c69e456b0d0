import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type HttpSettings, isLoopback } from './settings.ts';

/** Why a request goes no further. */
export interface Refusal {
  readonly status: number;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Guard = (request: Pick<IncomingMessage, 'headersDistinct'>) => Refusal | undefined;

/**
 * Who may speak to us. A page in the person's browser can reach loopback, by a name of its own that it lets point here:
 * such a request carries that name as Host, and the page as Origin. Only exact matches pass.
 */
export function createGuard(settings: HttpSettings, port: number): Guard {
  const names = ['127.0.0.1', 'localhost', '[::1]'];
  if (!isLoopback(settings.host) && !/^(0\.0\.0\.0|::)$/.test(settings.host)) {
    names.push(settings.host.includes(':') ? `[${settings.host}]` : settings.host.toLowerCase());
  }
  const hosts = new Set([
    ...names.flatMap((name) => (port === 80 ? [name, `${name}:80`] : [`${name}:${port}`])),
    ...settings.allowedHosts,
  ]);
  const origins = new Set([...[...hosts].map((host) => `http://${host}`), ...settings.allowedOrigins]);
  const wanted = settings.token === undefined ? undefined : digest(`Bearer ${settings.token}`);

  return ({ headersDistinct }) => {
    const [host = '', ...more] = headersDistinct.host ?? [];
    if (more.length > 0 || !hosts.has(host.toLowerCase()))
      return { status: 403, message: 'Host is not allowed: see SMS_HTTP_ALLOWED_HOSTS' };
    const given = headersDistinct.origin ?? [];
    if (!given.every((origin) => origins.has(origin.toLowerCase())))
      return { status: 403, message: 'Origin is not allowed: see SMS_HTTP_ALLOWED_ORIGINS' };
    const [authorization = '', ...others] = headersDistinct.authorization ?? [];
    // Digests are of one length, so that comparing them tells nothing.
    if (
      wanted !== undefined &&
      (others.length > 0 || !timingSafeEqual(digest(normalized(authorization)), wanted))
    )
      return { status: 401, message: 'a bearer token is needed', headers: { 'www-authenticate': 'Bearer' } };
    return undefined;
  };
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** The scheme's name is the same in any case. */
const normalized = (authorization: string): string => authorization.replace(/^bearer +/i, 'Bearer ');
