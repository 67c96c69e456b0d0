import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Broker } from '../../broker/broker.ts';
import type { Dialer } from '../../broker/dial.ts';
import { EgressPolicy } from '../../broker/egress-policy.ts';
import { endsTls } from '../../broker/trust.ts';
import { Failed, NotConfigured } from '../../foundation/errors.ts';
import { lastLine } from '../../foundation/plain-text.ts';
import type { OnEgress } from '../../plan/egress.ts';
import type { LaunchPlan } from '../../plan/launch-plan.ts';
import type { RunningServer, Runtime } from '../../plan/runtime.ts';
import { digestOf } from '../../program/code-digest.ts';
import { inImage } from '../../program/code-parts.ts';
import { type HeldPaths, holdPaths } from '../held-paths.ts';
import { hostsFile, RESOLV_CONF } from '../name-files.ts';
import { makeRunFolder } from '../run-folders.ts';
import { workloadUser } from '../workload-user.ts';
import { gatewayContainer, type NameFiles, type Pod, type WorkloadImage, workloadContainer } from './args.ts';
import type { ContainerEngine, RunningContainer, Stages } from './container.ts';
import type { Container } from './container-options.ts';
import { dockerCommand, spawnDocker } from './docker-command.ts';
import { findEngine } from './engine.ts';
import { engineHint } from './engine-hint.ts';
import { type EngineTraits, ROOTS_ENGINE } from './engine-traits.ts';
import { identifyImage, imagePython, inspectImage, volumesBeside } from './images.ts';
import { ownLabels, reap } from './reaper.ts';

const SECCOMP = fileURLToPath(new URL('../seccomp.json', import.meta.url));
/** How long a server may take to notice the end of its stdin before the pod goes. */
const GRACE_MS = 2_000;
const GONE_MS = 10_000;
const READY_MS = 30_000;
const REAP_AFTER_MS = 2_000;

/** Images by what they are for. `local`: names in manifests that mean an image of this clone. */
export interface ContainerImages {
  readonly gateway: string;
  /** A plain Node image, for code that is mounted. */
  readonly node: string;
  readonly local: ReadonlyMap<string, string>;
}

export interface DockerOptions {
  readonly images: ContainerImages;
  /** What the engine can; without: what one of root's can. */
  readonly traits?: EngineTraits;
  readonly dialer?: Dialer;
  /** By default the one that the operator's environment means. */
  readonly engine?: ContainerEngine;
}

/**
 * A pod of two containers without a network: the workload, and a gateway that passes its connections up to the broker
 * in this process. When this process goes, so does the pod: the gateway ends with its stdin, and takes its process
 * namespace, which the workload shares, with it.
 */
export function dockerRuntime({ images, traits = ROOTS_ENGINE, dialer, engine }: DockerOptions): Runtime {
  let reaping: Promise<unknown> | undefined;
  // It is asked while the program is made ready.
  const found = engine ?? findEngine(process.env);
  return {
    kind: 'docker',
    isolated: true,
    platform: { os: 'linux', cpu: process.arch, libc: 'glibc' },
    ownImages: images.local,
    async identify({ image, code }, notice) {
      // One of ours is built from this clone: its tag is a digest of the sources.
      const own = image === undefined ? undefined : images.local.get(image);
      if (own !== undefined) return own;
      if (image !== undefined) return identifyImage(image, notice);
      const digest = digestOf(code);
      if (code?.image === undefined) return digest;
      return inImage(digest, await identifyImage(code.image, notice));
    },
    async python(image, notice) {
      if (image !== undefined) return imagePython(image, await identifyImage(image, notice));
      throw new NotConfigured(
        'nothing says which image has the Python to run it',
        'give codeImage, such as python@sha256:…, or use --runtime bubblewrap',
      );
    },
    guards: traits.guards,
    async start(plan, onEgress) {
      const parts = { images, traits, engine: await found, dialer };
      const server = await startPod(plan, parts, onEgress);
      const reapOnce = () => {
        reaping ??= reap().catch(() => {});
        return reaping;
      };
      // The server's own start, after the pod's, would be slowed down.
      const later = setTimeout(reapOnce, REAP_AFTER_MS).unref();
      return {
        ...server,
        stop: async () => {
          clearTimeout(later);
          await Promise.all([server.stop(), reapOnce()]);
        },
      };
    },
  };
}

interface PodMaking {
  readonly images: ContainerImages;
  readonly traits: EngineTraits;
  readonly engine: ContainerEngine;
  readonly dialer: Dialer | undefined;
}

async function startPod(plan: LaunchPlan, making: PodMaking, onEgress: OnEgress): Promise<RunningServer> {
  // Everything that can be wrong with the plan comes before the first container.
  const held = holdPaths(plan);
  try {
    return await startHolding(plan, making, onEgress, held);
  } finally {
    held.release();
  }
}

/**
 * The engine takes paths by name, at a time of its own. Code of ours is started by a shell that compares what was mounted
 * with what is held; an image may have no shell, so it is looked at from outside, and ended if anything moved.
 */
async function startHolding(
  plan: LaunchPlan,
  { images, traits, engine, dialer }: PodMaking,
  onEgress: OnEgress,
  held: HeldPaths,
): Promise<RunningServer> {
  const image = await imageFor(plan, images);
  const user = workloadUser(plan, traits.ids);
  const run = randomBytes(6).toString('hex');
  const pod: Pod = {
    gateway: `spendwise-${run}-gateway`,
    workload: `spendwise-${run}-workload`,
    labels: ownLabels(),
    keepIds: traits.ids === 'kept',
  };
  const policy = new EgressPolicy(plan.granted);
  const folder = makeRunFolder();
  const cleanUp = () => rmSync(folder, { recursive: true, force: true });
  const ca = endsTls(plan.granted) ? join(folder, 'ca.pem') : undefined;
  let names: NameFiles;
  let planned: Container;
  try {
    names = writeNames(folder, policy.addresses);
    const files = { seccomp: SECCOMP, ca, ...names };
    planned = workloadContainer(pod, plan, image, user, files, held.identities);
  } catch (error) {
    cleanUp();
    throw error;
  }

  const containers: Promise<RunningContainer>[] = [];
  const begin = (container: Container, stages: Stages) => {
    const asked = engine.run(container, stages);
    containers.push(asked);
    return asked;
  };
  const removeAll = async () => {
    const allGone = Promise.allSettled(
      containers.map(async (asked) => {
        const { stdin, gone } = await asked;
        stdin.end();
        await gone;
      }),
    );
    const left = await Promise.race([allGone.then(() => false), delay(GONE_MS, true, { ref: false })]);
    if (left) await engine.remove(pod.workload, pod.gateway);
    cleanUp();
  };
  let said = '';
  const [created, mayStart] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  try {
    const late = delay(READY_MS, undefined, { ref: false }).then(() =>
      Promise.reject(new Error('it did not become ready')),
    );
    const asked = begin(gatewayContainer(pod, images.gateway, policy, names), { onCreated: created.resolve });
    for (const promise of [late, asked, mayStart.promise]) promise.catch(() => {});
    // While the gateway's container starts.
    const broker = await Broker.create({ plan, policy, record: onEgress, ...(dialer ? { dialer } : {}) });
    if (ca !== undefined && broker.authorities !== undefined) writeReadable(ca, broker.authorities);
    await Promise.race([created.promise, asked, late]);
    // Made while the gateway starts, started when that runs.
    const planning = begin(planned, { mayStart: mayStart.promise });
    planning.catch(() => {});
    const gateway = await Promise.race([asked, late]);
    gateway.stderr.on('data', (chunk) => {
      said = (said + chunk).slice(-2000);
    });
    // A gateway that breaks the protocol was taken over: it would not end by being asked.
    const { started, ready } = broker.attach(gateway, () => void engine.remove(pod.workload, pod.gateway));
    const failed = Promise.race([late, gateway.gone.then((how) => Promise.reject(new Error(how)))]);
    failed.catch(() => {});
    await Promise.race([started, failed]);
    // The workload may start while the relay boots: without it there is nothing but an empty loopback.
    await held.assertUnchanged();
    mayStart.resolve();
    const workload = await Promise.race([planning, failed]);
    // The client says nothing of its own when the engine has mounted; where a shell compares, nobody has to wait.
    if (engine.kind === 'client' && image.code === undefined && held.identities.length > 0)
      await Promise.race([leftCreation(pod.workload), workload.gone, failed]);
    await held.assertUnchanged();
    await Promise.race([ready, failed]);
    return running(pod, gateway, workload, removeAll);
  } catch (error) {
    mayStart.reject(error);
    await removeAll();
    if (error instanceof NotConfigured) throw error;
    const why = lastLine(said) || (error instanceof Error ? error.message : String(error));
    throw new Failed(`${plan.manifest.name}: the sandbox did not start: ${why}`, engineHint(why), error);
  }
}

function running(
  pod: Pod,
  gateway: RunningContainer,
  workload: RunningContainer,
  removeAll: () => Promise<void>,
): RunningServer {
  const { stdin, stdout, stderr } = workload;
  // One without the other is of no use.
  void workload.gone.then(() => gateway.stdin.end());
  const exited = Promise.all([workload.gone, gateway.gone]).then(async ([how]) => {
    await removeAll();
    return how;
  });
  let stopping: Promise<void> | undefined;
  return {
    stdin,
    stdout,
    stderr,
    exited,
    exec: (command) => execIn(pod, command),
    containers: [pod.gateway, pod.workload],
    stop: () => {
      stopping ??= (async () => {
        stdin.end();
        await Promise.race([workload.gone, delay(GRACE_MS, undefined, { ref: false })]);
        await removeAll();
        await exited;
      })();
      return stopping;
    },
  };
}

function writeNames(folder: string, addresses: ReadonlyMap<string, string>): NameFiles {
  const files = { hosts: join(folder, 'hosts'), resolvConf: join(folder, 'resolv.conf') };
  writeReadable(files.hosts, hostsFile(addresses));
  writeReadable(files.resolvConf, RESOLV_CONF);
  return files;
}

/** For the workload's user, whatever the umask: the folder is ours alone, what is mounted of it is not. */
function writeReadable(path: string, text: string): void {
  writeFileSync(path, text);
  chmodSync(path, 0o444);
}

async function imageFor(
  { manifest, program, granted }: LaunchPlan,
  images: ContainerImages,
): Promise<WorkloadImage> {
  const { image, code } = program;
  const own = image === undefined ? undefined : images.local.get(image);
  if (own !== undefined) return { image: own, code: undefined };
  if (image !== undefined) {
    const { id, volumes } = await inspectImage(manifest.name, image);
    return { image: id, code: undefined, volumes: volumesBeside(manifest.name, volumes, granted) };
  }
  if (code?.image !== undefined) {
    const { id, volumes } = await inspectImage(manifest.name, code.image);
    return { image: id, code, volumes: volumesBeside(manifest.name, volumes, granted) };
  }
  if (code !== undefined) return { image: images.node, code };
  throw new Failed(
    `${manifest.name}: the manifest does not say what to run`,
    'give image, or codeMount and execCommand',
  );
}

async function leftCreation(name: string): Promise<void> {
  for (;;) {
    const status = await dockerCommand(['inspect', '-f', '{{.State.Status}}', name]).catch(() => 'created');
    if (!['created', 'configured', 'initialized'].includes(status.trim())) return;
    await delay(20);
  }
}

/** Runs a command beside the server, with the same rights: what the server itself could do. */
async function execIn(
  pod: Pod,
  command: readonly string[],
): Promise<{ code: number | null; output: string }> {
  const child = spawnDocker(['exec', pod.workload, ...command]);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output = (output + chunk).slice(-20_000);
    });
  }
  child.stdin.on('error', () => {}).end();
  const [code] = await once(child, 'close');
  return { code, output };
}
