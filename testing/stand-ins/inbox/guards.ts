import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/**
 * Other pages that are open on this machine may neither read the inbox nor press its buttons. A browser lets any page send
 * requests to loopback, so each request must prove where it comes from.
 */

/** A name that an attacker points at 127.0.0.1 (DNS rebinding) is refused: only names that always mean this machine. */
export const isOwnHost = ({ host = '' }: IncomingHttpHeaders): boolean =>
  /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i.test(host);

/** True unless the browser says that another page asks. Programs that are no browsers send no such header. */
export const isNotForeign = (headers: IncomingHttpHeaders): boolean =>
  (headers['sec-fetch-site'] ?? 'same-origin') === 'same-origin';

/** For the API, which no page needs. From a page of a rebound name a GET has neither header: it needs the account. */
export const isProgram = (headers: IncomingHttpHeaders): boolean =>
  headers.origin === undefined && headers['sec-fetch-site'] === undefined;

/** For what changes something. Every browser sends `Origin` with a POST. */
export const isFromOwnPage = (headers: IncomingHttpHeaders): boolean =>
  isOwnHost(headers) && isNotForeign(headers) && headers.origin === `http://${headers.host}`;

/** A secret that only the page has. */
export const newToken = (): string => randomBytes(16).toString('hex');

/** Takes as long for every wrong value, so that nobody finds the secret letter by letter. */
export function isSecret(given: string | null | undefined, secret: string): boolean {
  const [a, b] = [Buffer.from(given ?? ''), Buffer.from(secret)];
  return a.length === b.length && timingSafeEqual(a, b);
}
