import type { HttpRule } from '../manifest/http-rules.ts';

/** Sends a domain's connections to a listener on this machine instead: for tests and stand-ins. */
export interface Diversion {
  readonly domain: string;
  readonly port: number;
  readonly target: URL;
  /** The variable that set it. Without a broker, the server gets this variable itself. */
  readonly variable: string;
}

/**
 * The result of one outgoing connection or request. `allowed`: by policy; recorded before the broker dials. `denied`: by policy, or because
 * the name leads to an address that is not public; nothing was sent. `failed`: allowed by policy, and not completed; a
 * record of its own, behind `allowed` where there was something to dial, that says how far it came.
 */
export interface EgressEvent {
  readonly host: string;
  readonly port: number;
  readonly verdict: 'allowed' | 'denied' | 'failed';
  readonly reason: string;
  /** Of a request that no rule allows: the narrowest rule that would. It holds names and lengths, no values. */
  readonly request?: HttpRule;
}

/** Reasons of a denial that a permission would have changed. */
export const NAME_NOT_GRANTED = 'a DNS query for a name that was not granted';
export const ADDRESS_NOT_GRANTED = 'this address was not granted';
export const portNotGranted = (port: number): string => `port ${port} was not granted`;

/** Is called after the event was recorded, for each connection and each request. Must not throw. */
export type OnEgress = (event: EgressEvent) => void;
