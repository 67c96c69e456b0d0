import { isIP } from 'node:net';
import type { RuntimePermission } from '../permissions.ts';
import { canonicalAddress } from './host-name.ts';

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
  readonly #named = new Map<
    string,
    { readonly name: string; readonly grants: (DomainGrant | HostGrant)[] }
  >();
  readonly #hosts: readonly HostGrant[];
  readonly #addresses = new Map<string, string>();

  constructor(granted: readonly RuntimePermission[]) {
    this.#hosts = granted.filter((p) => p.type === 'host').filter(({ host }) => isIP(host) !== 0);
    for (const grant of granted) {
      if (grant.type === 'domain') this.#name(grant.domain, grant);
      if (grant.type === 'host' && isIP(grant.host) === 0) this.#name(grant.host, grant);
    }
  }

  #name(name: string, grant: DomainGrant | HostGrant): void {
    const size = this.#addresses.size;
    const address = this.#addresses.get(name) ?? `127.77.${Math.floor(size / 250)}.${(size % 250) + 1}`;
    this.#addresses.set(name, address);
    this.#named.set(address, { name, grants: [...(this.#named.get(address)?.grants ?? []), grant] });
  }

  /** For the names inside the pod: name, or `*.name`, to address. */
  get addresses(): ReadonlyMap<string, string> {
    return this.#addresses;
  }

  /** Ports on which the relay listens: the granted ones, and those at which attempts are to be recorded. */
  get ports(): number[] {
    const granted = [...this.#named.values()].flatMap(({ grants }) => grants.map(({ port }) => port));
    return [...new Set([53, 80, 443, ...granted, ...this.#hosts.map(({ port }) => port)])];
  }

  /** By address and port, exactly. */
  decide({ address, port }: Target): EgressDecision {
    const named = this.#named.get(address);
    if (named !== undefined) {
      const { name: host, grants } = named;
      const grant = grants.find((g) => g.port === port);
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

const sameAddress = (a: string, b: string): boolean =>
  isIP(a) === isIP(b) && canonicalAddress(a) === canonicalAddress(b);
