import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Failed } from '../../errors.ts';
import { Broker } from '../broker/broker.ts';
import type { Dialer } from '../broker/dial.ts';
import { EgressPolicy } from '../broker/egress-policy.ts';
import { digestOf } from '../code-digest.ts';
import {
  gatewayArgs,
  type NameFiles,
  type Pod,
  type WorkloadImage,
  workloadArgs,
  workloadEnvironment,
} from './docker-args.ts';
import { dockerCommand, lastLine, runContainer, spawnDocker } from './docker-cli.ts';
import { identifyImage } from './docker-images.ts';
import { hostsFile, RESOLV_CONF } from './name-files.ts';
import { ownFolderPrefix, ownLabels, reap } from './reaper.ts';
import { GUARDS, type LaunchPlan, type OnEgress, type RunningServer, type Runtime } from './runtime.ts';
import { workloadUser } from './workload-user.ts';

const SECCOMP = fileURLToPath(new URL('./seccomp.json', import.meta.url));
/** How long a server may take to notice the end of its stdin before the pod goes. */
const GRACE_MS = 2_000;
const GONE_MS = 10_000;
const READY_MS = 30_000;

/** Images by what they are for. `local`: names in manifests that mean an image of this clone. */
export interface ContainerImages {
  readonly gateway: string;
  /** A plain Node image, for code that is mounted. */
  readonly node: string;
  readonly local: ReadonlyMap<string, string>;
}

export interface DockerOptions {
  readonly images: ContainerImages;
  readonly dialer?: Dialer;
}

/**
 * A pod of two containers without a network: the workload, and a gateway that passes its connections up to the broker
 * in this process. When this process goes, so does the pod: the gateway ends with its stdin, and takes its process
 * namespace, which the workload shares, with it.
 */
export function dockerRuntime({ images, dialer }: DockerOptions): Runtime {
  let reaping: Promise<unknown> | undefined;
  return {
    kind: 'docker',
    isolated: true,
    platform: { os: 'linux', cpu: process.arch, libc: 'glibc' },
    async identify({ image, code }, notice) {
      // One of ours is built from this clone: its tag is a digest of the sources.
      const own = image === undefined ? undefined : images.local.get(image);
      if (own !== undefined) return own;
      if (image !== undefined) return identifyImage(image, notice);
      return digestOf(code);
    },
    guards: new Set(GUARDS),
    async start(plan, onEgress) {
      const server = await startPod(plan, images, onEgress, dialer);
      // After the start, which it would slow down.
      reaping ??= reap().catch(() => {});
      return {
        ...server,
        stop: async () => {
          await server.stop();
          await reaping;
        },
      };
    },
  };
}

async function startPod(
  plan: LaunchPlan,
  images: ContainerImages,
  onEgress: OnEgress,
  dialer: Dialer | undefined,
): Promise<RunningServer> {
  // Everything that can be wrong with the plan comes before the first container.
  const user = workloadUser(plan);
  const run = randomBytes(6).toString('hex');
  const pod: Pod = {
    gateway: `spendwise-${run}-gateway`,
    workload: `spendwise-${run}-workload`,
    labels: ownLabels(),
  };
  const policy = new EgressPolicy(plan.granted);
  const folder = mkdtempSync(ownFolderPrefix());
  const cleanUp = () => rmSync(folder, { recursive: true, force: true });
  const ca = plan.granted.some((p) => p.type === 'domain' && p.http) ? join(folder, 'ca.pem') : undefined;
  let names: NameFiles;
  let args: string[];
  try {
    names = writeNames(folder, policy.addresses);
    args = workloadArgs(pod, plan, imageFor(plan, images), user, { seccomp: SECCOMP, ca, ...names });
  } catch (error) {
    cleanUp();
    throw error;
  }

  const containers: ReturnType<typeof runContainer>[] = [];
  const removeAll = async () => {
    for (const { child } of containers) child.stdin.end();
    const allGone = Promise.all(containers.map(({ gone }) => gone));
    const left = await Promise.race([allGone.then(() => false), delay(GONE_MS, true, { ref: false })]);
    if (left) await remove(pod);
    cleanUp();
  };
  let said = '';
  try {
    const gateway = runContainer(gatewayArgs(pod, images.gateway, policy, names));
    containers.push(gateway);
    gateway.child.stderr.on('data', (chunk) => {
      said = (said + chunk).slice(-2000);
    });
    // While the gateway's container starts.
    const broker = await Broker.create({ plan, policy, record: onEgress, ...(dialer ? { dialer } : {}) });
    if (ca !== undefined && broker.certificate !== undefined) {
      writeReadable(ca, broker.certificate);
    }
    // A gateway that breaks the protocol was taken over: it would not end by being asked.
    const { started, ready } = broker.attach(gateway.child, () => void remove(pod));
    const failed = Promise.race([
      delay(READY_MS, undefined, { ref: false }).then(() =>
        Promise.reject(new Error('it did not become ready')),
      ),
      gateway.gone.then((how) => Promise.reject(new Error(how))),
    ]);
    failed.catch(() => {});
    await Promise.race([started, failed]);
    // The workload may start while the relay boots: without it there is nothing but an empty loopback.
    const workload = runContainer(args, workloadEnvironment(plan));
    containers.push(workload);
    await Promise.race([ready, failed]);
    return running(pod, gateway, workload, removeAll);
  } catch (error) {
    await removeAll();
    const why = lastLine(said) || (error instanceof Error ? error.message : String(error));
    throw new Failed(
      `${plan.manifest.name}: the sandbox did not start: ${why}`,
      'is the Docker engine running?',
      error,
    );
  }
}

type Container = ReturnType<typeof runContainer>;

function running(
  pod: Pod,
  gateway: Container,
  workload: Container,
  removeAll: () => Promise<void>,
): RunningServer {
  const { stdin, stdout, stderr } = workload.child;
  // One without the other is of no use.
  void workload.gone.then(() => gateway.child.stdin.end());
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

const remove = async (pod: Pod): Promise<void> => {
  await dockerCommand(['rm', '-f', pod.workload, pod.gateway]).catch(() => {});
};

function imageFor({ manifest, program }: LaunchPlan, images: ContainerImages): WorkloadImage {
  const { image, code } = program;
  if (image !== undefined) return { image: images.local.get(image) ?? image, code: undefined };
  if (code !== undefined) return { image: images.node, code };
  throw new Failed(`${manifest.name}: nothing says what to run`, 'give image, or codeMount and execCommand');
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
