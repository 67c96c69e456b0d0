import { BlockList, isIP, isIPv6 } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import { isPublicAddress } from '../../broker/address-guard.ts';
import { canonicalAddress, isWildcard, nameMatches, wireName } from '../../manifest/host-name.ts';
import type { HttpRule } from '../../manifest/http-rules.ts';
import type { MCPManifest } from '../../manifest/manifest.ts';
import { mergeRules, ruleKey } from '../../manifest/merge-rules.ts';
import { isPublicSuffix, type RuntimePermission } from '../../manifest/permissions.ts';
import { ADDRESS_NOT_GRANTED, NAME_NOT_GRANTED, portNotGranted } from '../../plan/egress.ts';
import type { Denial } from './denials.ts';

interface Seen {
  times: number;
  /** Tools, and `undefined` for before any call. */
  readonly during: Set<string | undefined>;
}

/** What a manifest could ask for: a permission, or one more HTTP rule of a domain. */
export type Wanted =
  | { readonly kind: 'permission'; readonly permission: RuntimePermission }
  | { readonly kind: 'rule'; readonly domain: string; readonly port: number; readonly rule: HttpRule };

export type Proposal = Wanted &
  Seen & {
    /** What to consider before it is granted. */
    readonly warning: string | undefined;
    /** The manifest asks for it already: then a grant is all that is missing. */
    readonly asked: boolean;
  };

/** A denial that no permission would have changed. */
export interface Hopeless extends Seen {
  readonly host: string;
  readonly port: number;
  readonly why: string;
}

export interface Proposals {
  readonly proposals: readonly Proposal[];
  readonly hopeless: readonly Hopeless[];
}

type Fix = (Wanted & { readonly warning?: string }) | { readonly kind: 'none'; readonly why: string };

/** For each denial the permission that would have allowed it, in the order in which they first came. Pure. */
export function proposalsFor(denials: readonly Denial[], manifest: MCPManifest): Proposals {
  const proposals = new Map<string, Proposal>();
  const hopeless = new Map<string, Hopeless>();
  for (const denial of denials) {
    const { host, port, times, during } = denial;
    const fix = fixFor(denial);
    if (fix.kind === 'none') {
      const key = JSON.stringify([host, port, fix.why]);
      hopeless.set(key, counted({ host, port, why: fix.why }, hopeless.get(key), times, during));
      continue;
    }
    const key = keyOf(fix);
    const known = proposals.get(key);
    const wanted =
      fix.kind === 'rule' && known?.kind === 'rule'
        ? { ...fix, rule: mergeRules(known.rule, fix.rule) }
        : fix;
    proposals.set(
      key,
      counted({ ...wanted, warning: fix.warning, asked: isAsked(wanted, manifest) }, known, times, during),
    );
  }
  return { proposals: [...proposals.values()], hopeless: [...hopeless.values()] };
}

const counted = <T extends object>(
  what: T,
  known: Seen | undefined,
  times: number,
  during: Denial['during'],
): T & Seen => ({
  ...what,
  times: times + (known?.times ?? 0),
  during: new Set([...(known?.during ?? []), ...during.keys()]),
});

/** Rules that differ in lengths alone are one. */
const keyOf = (wanted: Wanted): string =>
  wanted.kind === 'permission'
    ? JSON.stringify(wanted.permission)
    : JSON.stringify([wanted.domain, wanted.port, ruleKey(wanted.rule)]);

/** Whether a manifest has it, or what covers it. */
export function isAsked(wanted: Wanted, { runtimePermissions }: MCPManifest): boolean {
  return runtimePermissions.some((p) => {
    if (wanted.kind === 'rule') {
      const isOwn = p.type === 'domain' && p.domain === wanted.domain && p.port === wanted.port;
      return isOwn && (p.http?.rules.some((rule) => isDeepStrictEqual(rule, wanted.rule)) ?? true);
    }
    const { permission } = wanted;
    if (permission.type === 'env') return p.type === 'env' && p.name === permission.name;
    if (permission.type === 'host' && p.type === 'host')
      return p.host === permission.host && p.port === permission.port;
    if (permission.type !== 'domain' || (p.type !== 'domain' && p.type !== 'host')) return false;
    const name = p.type === 'domain' ? p.domain : p.host;
    return p.port === permission.port && nameMatches(name, permission.domain);
  });
}

function fixFor({ host, port, reason, request }: Denial): Fix {
  if (request !== undefined) return { kind: 'rule', domain: host, port, rule: request };
  if (reason === NAME_NOT_GRANTED) return fixForName(host, 443);
  if (reason === ADDRESS_NOT_GRANTED) return fixForAddress(host, port);
  if (reason === portNotGranted(port))
    return isIP(host) === 0 ? fixForName(host, port) : fixForAddress(host, port);
  return { kind: 'none', why: reason };
}

/** They give the machine's own credentials to everybody who asks. */
const METADATA_NAMES: ReadonlySet<string> = new Set([
  'metadata.google.internal',
  'metadata.goog',
  'instance-data.ec2.internal',
]);

function fixForName(written: string, port: number): Fix {
  if (isWildcard(written)) return none('add the port of a wildcard by hand');
  const name = wireName(written);
  if (name === undefined) return none('it is not a host name');
  if (METADATA_NAMES.has(name)) return none(METADATA);
  if (isPublicSuffix(name)) return none('anybody can register a name under it');
  if (port !== 80) return { kind: 'permission', permission: { type: 'domain', domain: name, port } };
  return {
    kind: 'permission',
    permission: { type: 'host', host: name, port },
    warning: 'without TLS, anybody on the network can read and change it',
  };
}

const METADATA = 'a cloud gives out credentials of the machine there';

const METADATA_ADDRESSES = new BlockList();
for (const [network, prefix] of [
  ['169.254.0.0', 16],
  ['100.100.100.200', 32],
  ['168.63.129.16', 32],
  ['192.0.0.192', 32],
] as const) {
  METADATA_ADDRESSES.addSubnet(network, prefix, 'ipv4');
  // The same, for a network that translates to IPv4.
  METADATA_ADDRESSES.addSubnet(`64:ff9b::${network}`, 96 + prefix, 'ipv6');
}
METADATA_ADDRESSES.addAddress('fd00:ec2::254', 'ipv6');
METADATA_ADDRESSES.addSubnet('fe80::', 10, 'ipv6');

/** Nobody's in particular: unspecified, multicast, broadcast. */
const NOBODYS = new BlockList();
NOBODYS.addSubnet('0.0.0.0', 8, 'ipv4');
NOBODYS.addSubnet('224.0.0.0', 3, 'ipv4');
NOBODYS.addAddress('::', 'ipv6');
NOBODYS.addSubnet('ff00::', 8, 'ipv6');

function fixForAddress(written: string, port: number): Fix {
  const host = canonicalAddress(written);
  if (host === undefined) return none('it is not an address');
  const family = isIPv6(host) ? 'ipv6' : 'ipv4';
  if (METADATA_ADDRESSES.check(host, family)) return none(METADATA);
  if (NOBODYS.check(host, family)) return none('it is not the address of one machine');
  const permission = { type: 'host', host, port } as const;
  const isOwn = /^(127\.|::1$|::ffff:7f)/.test(host);
  const where = isOwn ? 'this machine itself' : 'a private address: a machine in your own network';
  return isPublicAddress(host)
    ? { kind: 'permission', permission, warning: 'an address does not say who answers there' }
    : { kind: 'permission', permission, warning: where };
}

const none = (why: string): Fix => ({ kind: 'none', why });
