import type { Readable, Writable } from 'node:stream';
import type { OnEgress } from './egress.ts';
import type { LaunchPlan, Program } from './launch-plan.ts';

/** `process` is not a sandbox: a plain process with a scrubbed environment. */
export type RuntimeKind = 'docker' | 'bubblewrap' | 'process';

/** A started server: its stdio, and its end. */
export interface RunningServer {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves, in words such as "exit code 4", once the server is gone. Never rejects. */
  readonly exited: Promise<string>;
  /** Runs a command beside the server with the same rights, if the runtime can. For drills and demonstrations. */
  readonly exec?: (command: readonly string[]) => Promise<{ code: number | null; output: string }>;
  /** Names of its containers, if any. */
  readonly containers?: readonly string[];
  /** Asks the server to end, then kills it. Resolves when nothing of it is left. */
  stop(): Promise<void>;
}

/**
 * What a runtime keeps a server from: any address but the granted ones; the machine itself (its processes, files,
 * settings); more than its share of memory, processes, CPU, open files, and disk beside what it was granted.
 */
export const GUARDS = ['network', 'machine', 'memory', 'processes', 'cpu', 'descriptors', 'disk'] as const;
export type Guard = (typeof GUARDS)[number];

/** A way to start a server with only what it was granted. */
export interface Runtime {
  readonly kind: RuntimeKind;
  /** Whether the boundary is enforced by something that the server cannot switch off. */
  readonly isolated: boolean;
  /** The machine that published packages are fetched for. */
  readonly platform: Platform;
  /** Names of images that are built here and never pulled. Undefined for a runtime without images. */
  readonly ownImages?: ReadonlyMap<string, unknown>;
  /**
   * The Python that would run a published Python package: that of the image, for a runtime with images. Pulls a missing
   * image. Throws NotConfigured where there is no Python.
   */
  readonly python?: (image: string | undefined, notice: (line: string) => void) => Promise<PythonTarget>;
  /** Digest of the image or code that it would run. Pulls a missing image. Throws a SpendwiseError. */
  identify(program: Program, notice: (line: string) => void): Promise<string>;
  /** What this runtime guards against. The drill skips all other attacks, because they would do harm. */
  readonly guards: ReadonlySet<Guard>;
  /** Throws a SpendwiseError when it cannot enforce the plan. Then nothing is started. */
  start(plan: LaunchPlan, onEgress: OnEgress): Promise<RunningServer>;
}

/** The Python for which wheels are chosen, and the machine it runs on. Always Linux. */
export interface PythonTarget {
  /** Such as 3.11.2. */
  readonly version: string;
  /** Such as x86_64. */
  readonly machine: string;
  readonly libc: { readonly kind: 'glibc' | 'musl'; readonly version: readonly number[] };
  /** What markers of dependencies are about, such as sys_platform. */
  readonly markers: Readonly<Record<string, string>>;
}

/** For which machine optional parts of packages are chosen. */
export interface Platform {
  readonly os: string;
  readonly cpu: string;
  readonly libc: string | undefined;
}
