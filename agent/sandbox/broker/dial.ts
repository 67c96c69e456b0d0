import { lookup } from 'node:dns/promises';
import { isPublicAddress } from './address-guard.ts';

export type Resolve = (domain: string) => Promise<{ address: string; family: number }[]>;
const resolveWithSystem: Resolve = (domain) => lookup(domain, { all: true });

/** A granted name resolves to an address that is not public. This counts as a denial; other errors are failures. */
export class NotPublic extends Error {}

/** Resolves, checks and dials. The checked address is dialled: a second look-up could give another answer. */
export class Dialer {
  readonly #resolve: Resolve;

  constructor(resolve: Resolve = resolveWithSystem) {
    this.#resolve = resolve;
  }

  // #region check
  /** A public address of a granted name. Throws with the reason, fit for the audit log: NotPublic, or that there is none. */
  async addressOf(domain: string): Promise<{ address: string; family: number }> {
    let found: Awaited<ReturnType<Resolve>>;
    try {
      found = await this.#resolve(domain);
    } catch {
      throw new Error('its name cannot be resolved');
    }
    // One address that is not public refuses the whole name: it may be DNS rebinding.
    const inside = found.find(({ address }) => !isPublicAddress(address));
    if (inside) throw new NotPublic(`its name leads to ${inside.address}, which is not a public address`);
    const [first] = found;
    if (first === undefined) throw new Error('its name has no address');
    return first;
  }
  // #endregion
}
