import { realpathSync } from 'node:fs';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { prepareBundles } from '../../../agent/images/bundles.ts';
import { prepareImages } from '../../../agent/images/images.ts';
import type { Dialer } from '../../../agent/sandbox/broker/dial.ts';
import { SpendwiseError } from '../../../agent/sandbox/foundation/errors.ts';
import type { MCPManifest } from '../../../agent/sandbox/manifest/manifest.ts';
import type { Diversion } from '../../../agent/sandbox/plan/egress.ts';
import { launchPlan } from '../../../agent/sandbox/plan/launch-plan.ts';
import type { Runtime } from '../../../agent/sandbox/plan/runtime.ts';
import { ServerTransport } from '../../../agent/sandbox/protocol/transport.ts';
import { bubblewrapRuntime } from '../../../agent/sandbox/runtimes/bubblewrap/bubblewrap.ts';
import { requireBubblewrap } from '../../../agent/sandbox/runtimes/bubblewrap/probe.ts';
import { type ContainerImages, dockerRuntime } from '../../../agent/sandbox/runtimes/docker/docker.ts';

/** The sandboxes that this machine has, by name; and the images, where there are containers. */
export interface Sandboxes {
  readonly images: ContainerImages | undefined;
  readonly missing: readonly string[];
  runtimes(dialer?: Dialer): ReadonlyMap<'docker' | 'bubblewrap', Runtime>;
}

export async function findSandboxes(): Promise<Sandboxes> {
  const missing: string[] = [];
  const ifThere = async <Found>(name: string, find: () => Promise<Found>): Promise<Found | undefined> => {
    try {
      return await find();
    } catch (error) {
      if (!(error instanceof SpendwiseError)) throw error;
      missing.push(`no ${name}: ${error.message}`);
      return undefined;
    }
  };
  const images = await ifThere('docker', () => prepareImages(process.env, () => {}));
  const parts = await ifThere('bubblewrap', async () => {
    const bwrap = await requireBubblewrap();
    return { ...(await prepareBundles()), bwrap, node: realpathSync(process.execPath) };
  });
  return {
    images,
    missing,
    runtimes: (dialer) =>
      new Map([
        ...(images ? [['docker', dockerRuntime({ images, ...(dialer ? { dialer } : {}) })] as const] : []),
        ...(parts
          ? [['bubblewrap', bubblewrapRuntime({ ...parts, ...(dialer ? { dialer } : {}) })] as const]
          : []),
      ]),
  };
}

/** A server in its sandbox, with everything granted that it asks for, once it has answered `initialize`. */
export async function openIn(
  runtime: Runtime,
  manifest: MCPManifest,
  env: Readonly<Record<string, string>>,
  diversions: readonly Diversion[] = [],
): Promise<Client> {
  const plan = launchPlan(manifest, { granted: manifest.runtimePermissions, refused: [] }, env, diversions);
  const client = new Client({ name: 'bench', version: '1' });
  await client.connect(new ServerTransport({ runtime, plan }));
  return client;
}
