import { release } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { Broker } from '../../broker/broker.ts';
import type { Dialer } from '../../broker/dial.ts';
import { EgressPolicy } from '../../broker/egress-policy.ts';
import { endsTls } from '../../broker/trust.ts';
import { Failed, NotConfigured } from '../../foundation/errors.ts';
import { lastLine } from '../../foundation/plain-text.ts';
import { encodeFrame, FrameType, MAX_PAYLOAD } from '../../gateway/frames.ts';
import type { OnEgress } from '../../plan/egress.ts';
import { assertCodeGranted, type Code, type LaunchPlan } from '../../plan/launch-plan.ts';
import type { Guard, RunningServer, Runtime } from '../../plan/runtime.ts';
import { digestOf } from '../../program/code-digest.ts';
import { type HeldPaths, holdPaths } from '../held-paths.ts';
import { hostPython } from '../python.ts';
import { workloadUser } from '../workload-user.ts';
import { type PodParts, podArgs, workloadLaunch } from './args.ts';
import { execIn } from './exec.ts';
import { type PodProcess, spawnPod } from './pod-process.ts';

/** How long a server may take to notice the end of its stdin before the pod goes. */
const GRACE_MS = 2_000;
const GONE_MS = 5_000;
const READY_MS = 20_000;

export interface BubblewrapOptions extends PodParts {
  /** Names in manifests that mean an image of this clone: here the same code, without the image. */
  readonly local: ReadonlyMap<string, Code>;
  readonly dialer?: Dialer;
}

/**
 * A pod without a daemon: bwrap makes it, with no network but a loopback; in it runs the gateway's relay, which starts
 * the workload in a second sandbox within. When this process goes, so does the pod.
 */
export function bubblewrapRuntime(options: BubblewrapOptions): Runtime {
  return {
    kind: 'bubblewrap',
    isolated: true,
    // Memory: the relay looks now and then, and what is in files of memory it does not see. Processor time: nobody divides it.
    guards: new Set<Guard>(['network', 'machine', 'processes', 'descriptors', 'disk']),
    platform: { os: process.platform, cpu: process.arch, libc: undefined },
    async identify(program) {
      const own = program.image === undefined ? undefined : options.local.get(program.image);
      return digestOf(own ?? program.code);
    },
    // Of the system alone: nothing else is in the pod.
    python: () => hostPython('/usr/bin:/bin'),
    start: (plan, onEgress) => startPod(plan, options, onEgress),
  };
}

async function startPod(
  plan: LaunchPlan,
  options: BubblewrapOptions,
  onEgress: OnEgress,
): Promise<RunningServer> {
  // Everything that can be wrong with the plan comes before the first process.
  const code = codeFor(plan, options.local);
  assertCodeGranted(plan, code);
  const held = holdPaths(plan);
  try {
    return await startHolding(plan, options, onEgress, code, held);
  } finally {
    held.release();
  }
}

/** The gateway compares what was mounted with what is held, before it says that it is ready. */
async function startHolding(
  plan: LaunchPlan,
  options: BubblewrapOptions,
  onEgress: OnEgress,
  code: Code,
  held: HeldPaths,
): Promise<RunningServer> {
  const { name, runtimeArgs } = plan.manifest;
  const user = workloadUser(plan);
  const policy = new EgressPolicy(plan.granted);
  const pod = spawnPod(podArgs(options, plan, code, policy, user, held));
  try {
    // The pod waits for it.
    if (!endsTls(plan.granted)) pod.authorities.end();
    // While the gateway starts.
    const broker = await Broker.create({
      plan,
      policy,
      record: onEgress,
      ...(options.dialer ? { dialer: options.dialer } : {}),
    });
    pod.authorities.end(broker.authorities);
    // A gateway that breaks the protocol was taken over: it would not end by being asked.
    const { ready } = broker.attach(pod.wire, () => pod.kill());
    const launch = (command: readonly string[]) =>
      workloadLaunch(plan, command, {
        addresses: policy.addresses,
        user,
        machine: process.arch,
        kernel: release(),
      });
    const frame = Buffer.from(JSON.stringify(launch([...code.command, ...runtimeArgs])));
    if (frame.length > MAX_PAYLOAD)
      throw new NotConfigured(
        `${name}: its granted values are too long`,
        'shorten the values of its variables',
      );
    await Promise.race([
      ready,
      delay(READY_MS, undefined, { ref: false }).then(() => {
        throw new Error('it did not become ready');
      }),
      pod.gone.then((how) => {
        throw new Error(how);
      }),
    ]);
    pod.wire.stdin.write(encodeFrame(FrameType.LAUNCH, 0, frame));
    return running(pod, (command) => execIn(pod, user, launch(command)));
  } catch (error) {
    await end(pod);
    if (error instanceof NotConfigured) throw error;
    const why = lastLine(pod.said) || (error instanceof Error ? error.message : String(error));
    throw new Failed(
      `${name}: the sandbox did not start: ${why}`,
      'use --runtime docker, or --runtime process if it may run without a sandbox',
      error,
    );
  }
}

function running(pod: PodProcess, exec: NonNullable<RunningServer['exec']>): RunningServer {
  const { stdin, stdout, stderr } = pod.server;
  let stopping: Promise<void> | undefined;
  return {
    stdin,
    stdout,
    stderr,
    exited: pod.gone,
    exec,
    stop: () => {
      stopping ??= (async () => {
        stdin.end();
        await Promise.race([pod.gone, delay(GRACE_MS, undefined, { ref: false })]);
        await end(pod);
      })();
      return stopping;
    },
  };
}

/** The relay ends with its stdin, and takes everybody along; one that does not is killed, to the same effect. */
async function end(pod: PodProcess): Promise<void> {
  pod.authorities.end();
  pod.wire.stdin.end();
  const left = await Promise.race([pod.gone.then(() => false), delay(GONE_MS, true, { ref: false })]);
  if (left) pod.kill();
  await pod.gone;
}

function codeFor({ manifest, program }: LaunchPlan, local: BubblewrapOptions['local']): Code {
  const own = program.image === undefined ? undefined : local.get(program.image);
  if (own !== undefined) return own;
  if (program.image !== undefined) {
    throw new NotConfigured(
      `${manifest.name}: bubblewrap cannot run an image (${program.image})`,
      'use --runtime docker, or a manifest with codeMount and execCommand instead of an image',
    );
  }
  if (program.code !== undefined) return program.code;
  throw new Failed(
    `${manifest.name}: the manifest does not say what to run`,
    'give codeMount and execCommand',
  );
}
