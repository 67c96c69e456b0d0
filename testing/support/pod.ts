import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Dialer } from '../../agent/sandbox/broker/dial.ts';
import { DevMCPManifest, type ManifestFields } from '../../agent/sandbox/manifest/manifest.ts';
import { Permission } from '../../agent/sandbox/manifest/permissions.ts';
import type { Diversion, EgressEvent } from '../../agent/sandbox/plan/egress.ts';
import { launchPlan } from '../../agent/sandbox/plan/launch-plan.ts';
import type { RunningServer, Runtime } from '../../agent/sandbox/plan/runtime.ts';
import { dockerRuntime } from '../../agent/sandbox/runtimes/docker/docker.ts';
import { testImages } from './docker.ts';

export interface TestPod {
  readonly server: RunningServer;
  /** Decisions of the broker so far. */
  readonly egress: readonly EgressEvent[];
  /** Runs JavaScript inside, with the server's own rights; it prints what it found. */
  node(code: string): Promise<string>;
  sh(command: string): Promise<{ code: number | null; output: string }>;
}

export interface PodOptions {
  readonly folder: string;
  readonly permissions?: ManifestFields['runtimePermissions'];
  readonly env?: Record<string, string>;
  readonly diversions?: Diversion[];
  readonly dialer?: Dialer;
  /** The server; by default one that only waits. */
  readonly code?: string;
  /** Which runtime makes it: by default Docker. */
  readonly runtime?: (dialer: Dialer | undefined) => Runtime;
}

const inDocker = (dialer: Dialer | undefined): Runtime =>
  dockerRuntime({ images: testImages(), ...(dialer ? { dialer } : {}) });

/** A pod on the real runtime, around a server of a few lines. Stop it when done. */
export async function startPod({
  folder,
  permissions = [],
  env = {},
  ...options
}: PodOptions): Promise<TestPod> {
  const codeMount = join(folder, 'code');
  mkdirSync(codeMount, { recursive: true });
  writeFileSync(
    join(codeMount, 'server.mjs'),
    options.code ?? "process.stdin.resume(); process.stdout.write('up');",
  );
  const manifest = new DevMCPManifest({
    name: 'test-pod',
    registry: 'npm',
    packageName: 'test-pod',
    permissions: Object.values(Permission),
    codeMount,
    execCommand: ['node', 'server.mjs'],
    runtimePermissions: permissions,
  });
  const plan = launchPlan(
    manifest,
    { granted: manifest.runtimePermissions, refused: [] },
    env,
    options.diversions ?? [],
  );
  const egress: EgressEvent[] = [];
  const server = await (options.runtime ?? inDocker)(options.dialer).start(plan, (event) =>
    egress.push(event),
  );
  // The container is there once its server speaks.
  if (options.code === undefined) await Promise.race([once(server.stdout, 'data'), server.exited]);
  const exec = async (command: readonly string[]) => {
    if (server.exec === undefined) throw new Error('the runtime cannot exec');
    return server.exec(command);
  };
  return {
    server,
    egress,
    sh: (command) => exec(['sh', '-c', command]),
    node: async (code) => (await exec(['node', '--input-type=module', '-e', code])).output.trim(),
  };
}
