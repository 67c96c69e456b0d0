import type { Readable, Writable } from 'node:stream';
import type { MCPManifest } from '../manifest/manifest.ts';
import type { RuntimePermission } from '../manifest/permissions.ts';
import type { Platform } from '../program/packages/npm.ts';

export type RuntimeKind = 'docker' | 'bubblewrap' | 'process';

/** Sends what a server means for a domain elsewhere: to a listener of the operator's own on this machine. */
export interface EgressOverride {
  readonly domain: string;
  readonly port: number;
  readonly target: URL;
  /** How a server that no broker stands before is told. */
  readonly variable: string;
}

/** A folder of code on this machine, and the command that starts the server in it. */
export interface Code {
  readonly folder: string;
  readonly command: readonly [string, ...string[]];
  /** Where it is known without reading all of it: for packages, over the integrity of each part. */
  readonly digest?: string;
  /** The folder that the manifest names, where `folder` is a snapshot of it. */
  readonly source?: string;
}

/** What is started. Runtimes that have images prefer the image; the others need the code. */
export interface Program {
  readonly image: string | undefined;
  readonly code: Code | undefined;
}

/** All that a runtime needs to start one server. Holds what was granted, and nothing else. */
export interface LaunchPlan {
  readonly manifest: MCPManifest;
  readonly program: Program;
  readonly granted: readonly RuntimePermission[];
  readonly refused: readonly RuntimePermission[];
  /** Granted variables that have a value. Secret: never in argv, logs or errors. */
  readonly env: Readonly<Record<string, string>>;
  readonly overrides: readonly EgressOverride[];
}

/**
 * What became of a way out. `allowed`: by policy, on record before the broker dials. `denied`: by policy, or because
 * the name leads to an address that is not public; nothing was sent. `failed`: allowed by policy, and not completed; a
 * record of its own, behind `allowed` where there was something to dial, that says how far it came.
 */
export interface EgressEvent {
  readonly host: string;
  readonly port: number;
  readonly verdict: 'allowed' | 'denied' | 'failed';
  readonly reason: string;
}
export type OnEgress = (event: EgressEvent) => void;

/** A started server: its stdio, and its end. */
export interface RunningServer {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves, in words such as "exit code 4", once the server is gone. Never rejects. */
  readonly exited: Promise<string>;
  /** Runs a command beside it with exactly its rights, where the runtime can: for drills and demonstrations. */
  readonly exec?: (command: readonly string[]) => Promise<{ code: number | null; output: string }>;
  /** Names of its containers, where it has some. */
  readonly containers?: readonly string[];
  /** Ends it, kindly first. Resolves when nothing of it is left. */
  stop(): Promise<void>;
}

/**
 * What a runtime keeps a server from: any address but the granted ones; the machine itself (its processes, files,
 * settings); more than its share of memory, processes, CPU, open files, and disk beside what it was granted.
 */
export const GUARDS = ['network', 'machine', 'memory', 'processes', 'cpu', 'descriptors', 'disk'] as const;
export type Guard = (typeof GUARDS)[number];

/** The seam: a way to start a server with no more than it was granted. */
export interface Runtime {
  readonly kind: RuntimeKind;
  /** Whether the boundary is enforced by something the server cannot switch off. */
  readonly isolated: boolean;
  /** For which machine a published package is fetched. */
  readonly platform: Platform;
  /** Names of images that are made here and never pulled; undefined for a runtime that has no images. */
  readonly ownImages?: ReadonlyMap<string, unknown>;
  /** Digest of the image or the code that it would run. Pulls an image that is not there. Throws a SpendwiseError. */
  identify(program: Program, notice: (line: string) => void): Promise<string>;
  /** What is missing here, the drill does not try: it would do harm. */
  readonly guards: ReadonlySet<Guard>;
  /** Throws a SpendwiseError when the plan cannot be carried out as granted: nothing is started then. */
  start(plan: LaunchPlan, onEgress: OnEgress): Promise<RunningServer>;
}
