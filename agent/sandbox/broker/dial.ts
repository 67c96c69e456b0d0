import { lookup } from 'node:dns/promises';
import { isPublicAddress } from './address-guard.ts';

export type Resolve = (domain: string) => Promise<{ address: string; family: number }[]>;
const resolveWithSystem: Resolve = (domain) => lookup(domain, { all: true });

/** A granted name leads to an address that is not public: refused, where all else that goes wrong is a failure. */
export class NotPublic extends Error {}

/** Dialled addresses are checked here and used as they were checked: no second look-up that could answer otherwise. */
export class Dialer {
  readonly #resolve: Resolve;

  constructor(resolve: Resolve = resolveWithSystem) {
    this.#resolve = resolve;
  }

  /** A public address of a granted name. Throws with the reason, fit for the audit log: NotPublic, or that there is none. */
  async addressOf(domain: string): Promise<{ address: string; family: number }> {
    let found: Awaited<ReturnType<Resolve>>;
    try {
      found = await this.#resolve(domain);
    } catch {
      throw new Error('its name cannot be resolved');
    }
    // One address that is not public spoils the name: it may be an attempt to rebind.
    const inside = found.find(({ address }) => !isPublicAddress(address));
    if (inside) throw new NotPublic(`its name leads to ${inside.address}, which is not a public address`);
    const [first] = found;
    if (first === undefined) throw new Error('its name has no address');
    return first;
  }
}
