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
 * The result of one outgoing connection or request.
 * `allowed`: the policy allows it. Recorded before the broker dials.
 * `denied`: the policy refuses it, or the name leads to an address that is not public. Nothing was sent.
 * `failed`: allowed, but not completed. The record says how far it came. It follows `allowed` if there was something to dial.
 */
export interface EgressEvent {
  readonly host: string;
  readonly port: number;
  readonly verdict: 'allowed' | 'denied' | 'failed';
  readonly reason: string;
  /** For a request that no rule allows: the narrowest rule that would. It contains names and lengths, no values. */
  readonly request?: HttpRule;
}

/** Reasons of a denial that a permission would have changed. */
export const NAME_NOT_GRANTED = 'a DNS query for a name that was not granted';
export const ADDRESS_NOT_GRANTED = 'this address was not granted';
export const portNotGranted = (port: number): string => `port ${port} was not granted`;

/** Called for each connection and each request, after it was recorded. Must not throw. */
export type OnEgress = (event: EgressEvent) => void;
