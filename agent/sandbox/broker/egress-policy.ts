import { isIP } from 'node:net';
import type { RuntimePermission } from '../permissions.ts';

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

/** Grants, seen from inside: each domain has a loopback address of its own, by which it is known. */
export class EgressPolicy {
  readonly #domains = new Map<string, DomainGrant[]>();
  readonly #hosts: readonly HostGrant[];
  readonly #addresses = new Map<string, string>();

  constructor(granted: readonly RuntimePermission[]) {
    this.#hosts = granted.filter((p) => p.type === 'host');
    for (const grant of granted) {
      if (grant.type !== 'domain') continue;
      const address =
        this.#addresses.get(grant.domain) ??
        `127.77.${Math.floor(this.#addresses.size / 250)}.${(this.#addresses.size % 250) + 1}`;
      this.#addresses.set(grant.domain, address);
      this.#domains.set(address, [...(this.#domains.get(address) ?? []), grant]);
    }
  }

  /** For /etc/hosts inside the pod: domain to address. */
  get addresses(): ReadonlyMap<string, string> {
    return this.#addresses;
  }

  /** Ports on which the relay listens: the granted ones, and those at which attempts are to be recorded. */
  get ports(): number[] {
    const granted = [...this.#domains.values()].flat().map(({ port }) => port);
    return [...new Set([53, 80, 443, ...granted, ...this.#hosts.map(({ port }) => port)])];
  }

  /** By address and port, exactly. */
  decide({ address, port }: Target): EgressDecision {
    const domain = this.#domains.get(address);
    if (domain !== undefined) {
      const grant = domain.find((g) => g.port === port);
      const host = domain[0]?.domain ?? address;
      return grant
        ? { allow: grant, host }
        : { allow: undefined, host, reason: `port ${port} was not granted` };
    }
    const grant = this.#hosts.find((g) => g.port === port && sameAddress(g.host, address));
    return grant
      ? { allow: grant, host: grant.host }
      : { allow: undefined, host: address, reason: 'this address was not granted' };
  }
}

function sameAddress(a: string, b: string): boolean {
  return isIP(a) === isIP(b) && canonical(a) === canonical(b);
}

const canonical = (address: string): string =>
  isIP(address) === 6 ? new URL(`http://[${address}]`).hostname : address;
