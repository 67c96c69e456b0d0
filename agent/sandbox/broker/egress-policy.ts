import { isIP } from 'node:net';
import { canonicalAddress, isWildcard, nameMatches } from '../manifest/host-name.ts';
import type { RuntimePermission } from '../manifest/permissions.ts';
import { ADDRESS_NOT_GRANTED, portNotGranted } from '../plan/egress.ts';

export type DomainGrant = Extract<RuntimePermission, { type: 'domain' }>;
export type HostGrant = Extract<RuntimePermission, { type: 'host' }>;

/** Where a connection from inside the pod was meant to go. */
export interface Target {
  readonly address: string;
  readonly port: number;
}

export type EgressDecision =
  | { readonly allow: DomainGrant | HostGrant; readonly host: string }
  | { readonly allow: undefined; readonly host: string; readonly reason: string };

/** Grants, seen from inside: each name has a loopback address of its own, by which it is known. */
export class EgressPolicy {
  /** Those by name, in the order in which they apply. */
  readonly #named: readonly (DomainGrant | HostGrant)[];
  readonly #hosts: readonly HostGrant[];
  readonly #addresses = new Map<string, string>();

  constructor(granted: readonly RuntimePermission[]) {
    const reachable = granted.filter((p) => p.type === 'domain' || p.type === 'host');
    const isAddress = (grant: DomainGrant | HostGrant): grant is HostGrant =>
      grant.type === 'host' && isIP(grant.host) !== 0;
    this.#hosts = reachable.filter(isAddress);
    const named = reachable.filter((grant) => !isAddress(grant));
    for (const name of new Set(named.map(nameOf))) {
      const size = this.#addresses.size;
      this.#addresses.set(name, `127.77.${Math.floor(size / 250)}.${(size % 250) + 1}`);
    }
    this.#named = named.toSorted((a, b) => breadth(a) - breadth(b));
  }

  /** For the names inside the pod: name, or `*.name`, to address. */
  get addresses(): ReadonlyMap<string, string> {
    return this.#addresses;
  }

  /** Ports on which the relay listens: the granted ones, and those at which attempts are to be recorded. */
  get ports(): number[] {
    const granted = [...this.#named, ...this.#hosts].map(({ port }) => port);
    return [...new Set([53, 80, 443, ...granted])];
  }

  // #region decide
  /** By address and port, exactly. */
  decide({ address, port }: Target): EgressDecision {
    const [host] = [...this.#addresses].find(([, own]) => own === address) ?? [];
    if (host !== undefined) {
      const grant = this.grantFor(host, port);
      return grant ? { allow: grant, host } : { allow: undefined, host, reason: portNotGranted(port) };
    }
    const grant = this.#hosts.find((g) => g.port === port && sameAddress(g.host, address));
    return grant
      ? { allow: grant, host: grant.host }
      : { allow: undefined, host: address, reason: ADDRESS_NOT_GRANTED };
  }
  // #endregion

  /** What applies to a name at a port. Of several grants, the one that says most about it: see `breadth`. */
  grantFor(name: string, port: number): DomainGrant | HostGrant | undefined {
    return this.#named.find((grant) => grant.port === port && nameMatches(nameOf(grant), name));
  }
}

const nameOf = (grant: DomainGrant | HostGrant): string =>
  grant.type === 'domain' ? grant.domain : grant.host;

/** A name itself comes before a wildcard, rules before TLS alone, and TLS before any protocol. */
const breadth = (grant: DomainGrant | HostGrant): number => {
  if (isWildcard(nameOf(grant))) return 3;
  if (grant.type === 'host') return 2;
  return grant.http === undefined ? 1 : 0;
};

const sameAddress = (a: string, b: string): boolean => {
  const canonical = canonicalAddress(a);
  return canonical !== undefined && canonical === canonicalAddress(b);
};
