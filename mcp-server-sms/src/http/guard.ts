import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type HttpSettings, isLoopback } from './settings.ts';

export interface Refusal {
  readonly status: number;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Guard = (request: Pick<IncomingMessage, 'headersDistinct'>) => Refusal | undefined;

/**
 * Checks Host, Origin and token, exactly. A web page can reach loopback through its own domain name; such a request has
 * that name as Host, and the page as Origin.
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
    // Digests have equal length, as timingSafeEqual requires.
    if (
      wanted !== undefined &&
      (others.length > 0 || !timingSafeEqual(digest(normalized(authorization)), wanted))
    )
      return { status: 401, message: 'a bearer token is needed', headers: { 'www-authenticate': 'Bearer' } };
    return undefined;
  };
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** The scheme name is case-insensitive. */
const normalized = (authorization: string): string => authorization.replace(/^bearer +/i, 'Bearer ');
