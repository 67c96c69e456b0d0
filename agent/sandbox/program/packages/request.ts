import type { Platform } from '../../plan/runtime.ts';

/** A package as a manifest names it. */
export interface Wanted {
  readonly name: string;
  readonly version: string;
  /** Of the package's own tarball, as the registry states it. */
  readonly integrity: string | undefined;
  /** A packed tarball on this machine, in place of the registry's. */
  readonly tarball: string | undefined;
}

/** What a fetching process is told, as JSON: nothing that is secret. */
export interface NpmRequest {
  readonly kind: 'npm';
  readonly wanted: Wanted;
  readonly platform: Platform;
}
export type FetchRequest = NpmRequest;

/** What else it works with. */
export interface FetchContext {
  /** What is to become the folder of the cache. */
  readonly place: string;
  /** For what is needed meanwhile. */
  readonly scratch: string;
  readonly notice: (line: string) => void;
  readonly signal: AbortSignal;
}
