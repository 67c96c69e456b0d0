import type { Readable, Writable } from 'node:stream';
import type { Container } from './container-options.ts';

/** A container that was asked for. */
export interface RunningContainer {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves, in words, once it is gone, or could not start. Never rejects. */
  readonly gone: Promise<string>;
}

/** How containers are started and, where they do not go by themselves, removed. */
export interface ContainerEngine {
  readonly kind: 'api' | 'client';
  /** Resolves once it may be spoken to. Throws when there will be no such container. */
  run(container: Container): Promise<RunningContainer>;
  remove(...names: string[]): Promise<void>;
  /** The images that are here and have a name, as `NAME:TAG`. Throws a SpendwiseError. */
  imageNames(): Promise<string[]>;
}
