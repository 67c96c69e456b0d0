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

/** Where the making of two containers meets. */
export interface Stages {
  /** Called once it is made, and before it starts: from then on another can be made that is to join it. */
  readonly onCreated?: () => void;
  /** It is made right away where the engine can do that, and started when this has resolved. */
  readonly mayStart?: Promise<void>;
}

/** How containers are started and, where they do not go by themselves, removed. */
export interface ContainerEngine {
  readonly kind: 'api' | 'client';
  /** Resolves once it may be spoken to. Throws when there will be no such container. */
  run(container: Container, stages?: Stages): Promise<RunningContainer>;
  remove(...names: string[]): Promise<void>;
  /** The images that are here and have a name, as `NAME:TAG`. Throws a SpendwiseError. */
  imageNames(): Promise<string[]>;
}
