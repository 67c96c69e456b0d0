import { isIPv4, isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';

/** Labels of letters, digits and hyphens (RFC 1123), at least two, the last one no number. */
const HOST_NAME = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;
const WILDCARD = '*.';

/**
 * A name from the wire (a ClientHello, a Host header, a DNS query) as it is compared: lower case, without the dot of
 * the root. Undefined when it is no plain host name: nothing is mapped or decoded there, for whoever receives the bytes
 * might read them otherwise.
 */
export function wireName(name: string): string | undefined {
  const plain = name.toLowerCase().replace(/\.$/, '');
  return HOST_NAME.test(plain) ? plain : undefined;
}

/**
 * A name that a person wrote in a manifest, once and for all in the form that is compared: as `wireName`, and
 * international names in their ASCII form (UTS 46). Undefined when it is none.
 */
export function writtenName(name: string): string | undefined {
  const wildcard = name.startsWith(WILDCARD);
  const rest = wildcard ? name.slice(WILDCARD.length) : name;
  // What is no name must not become one: the mapping drops or folds some characters, such as an ideographic full stop.
  if (/[\s\p{Cc}\p{Cf}\p{Z}%/\\@:?#[\]]/u.test(rest)) return undefined;
  const ascii = wireName(domainToASCII(rest));
  if (ascii === undefined) return undefined;
  return wildcard ? WILDCARD + ascii : ascii;
}

export const isWildcard = (name: string): boolean => name.startsWith(WILDCARD);
/** `example.com` of `*.example.com`. */
export const wildcardBase = (name: string): string => name.slice(WILDCARD.length);

/** Whether a name in wire form is the granted one; `*.example.com` stands for one label more, not for none or two. */
export function nameMatches(granted: string, name: string): boolean {
  if (!isWildcard(granted)) return granted === name;
  const at = name.indexOf('.');
  return at > 0 && name.slice(at + 1) === wildcardBase(granted);
}

/** An IP address in the one form that is compared; undefined when it is none, or has a scope, such as `fe80::1%eth0`. */
export function canonicalAddress(address: string): string | undefined {
  if (isIPv4(address)) return address;
  return isIPv6(address) ? URL.parse(`http://[${address}]`)?.hostname.slice(1, -1) : undefined;
}
