import type { Platform, PythonTarget } from '../../plan/runtime.ts';

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

/** A Python package as a manifest names it. */
export interface WantedWheel {
  readonly name: string;
  readonly version: string;
  /** Of the package's own wheel: `sha256:…`. */
  readonly integrity: string | undefined;
  /** Its console script to start, in place of the one with its name. */
  readonly program: string | undefined;
}

export interface PypiRequest {
  readonly kind: 'pypi';
  readonly wanted: WantedWheel;
  readonly target: PythonTarget;
}
export type FetchRequest = NpmRequest | PypiRequest;

/** What else it works with. */
export interface FetchContext {
  /** What is to become the folder of the cache. */
  readonly place: string;
  /** For what is needed meanwhile. */
  readonly scratch: string;
  readonly notice: (line: string) => void;
  readonly signal: AbortSignal;
}
