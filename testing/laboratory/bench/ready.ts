import { dirname } from 'node:path';
import { smsManifest, spendingManifest } from '../../../agent/app/own-servers.ts';
import type { MCPManifest } from '../../../agent/sandbox/manifest/manifest.ts';
import type { Diversion } from '../../../agent/sandbox/plan/egress.ts';
import type { ContainerImages } from '../../../agent/sandbox/runtimes/docker/docker.ts';
import { REPO } from '../../support/run.ts';
import { inTurns, type Sample } from './measure.ts';
import { type Row, row } from './rows.ts';
import { openIn, type Sandboxes } from './sandboxes.ts';
import { type Command, initialized, node } from './starts.ts';

const AIM = 1.3;
const ROUNDS = 9;

type Variables = Record<string, string> & { readonly SPENDWISE_DB: string };

/** What a sandbox adds to the start of one server, and of both at once. */
export async function readyRows(
  sandboxes: Sandboxes,
  env: Variables,
  diversions: readonly Diversion[],
): Promise<Row[]> {
  const { images } = sandboxes;
  const rows: Row[] = [];
  for (const [what, both] of [
    ['one server', false],
    ['two servers', true],
  ] as const) {
    const samples: Record<string, Sample> = {
      'plain child': initialized(...(both ? [plainSpending(env)] : []), plainSms(env)),
    };
    if (images) {
      const runs = [...(both ? [bareSpending(images, env)] : []), bareSms(images, env)];
      samples['bare docker run -i'] = initialized(...runs);
    }
    for (const [name, runtime] of sandboxes.runtimes()) {
      const spending = spendingManifest(env.SPENDWISE_DB, undefined, name);
      samples[name] = opened(
        () => [...(both ? [spending] : []), smsManifest()],
        (manifest) => openIn(runtime, manifest, env, diversions),
      );
    }
    const figures = await inTurns(ROUNDS, samples);
    const against = (name: string, baseline: string, aim?: number) => {
      const [ours, theirs] = [figures[name], figures[baseline]];
      if (ours && theirs)
        rows.push(
          row(`${name}: ${what} ready`, ours, { baseline: [baseline, theirs], ...(aim ? { aim } : {}) }),
        );
    };
    against('docker', 'bare docker run -i', AIM);
    against('bubblewrap', 'bare docker run -i', AIM);
    against('bubblewrap', 'plain child');
  }
  return rows;
}

const opened =
  (
    manifests: () => MCPManifest[],
    open: (manifest: MCPManifest) => Promise<{ close(): Promise<void> }>,
  ): Sample =>
  async () => {
    const started = performance.now();
    const clients = await Promise.all(manifests().map(open));
    const took = performance.now() - started;
    await Promise.all(clients.map((client) => client.close()));
    return took;
  };

export const plainSpending = (env: Variables): Command =>
  node('dist/spending/lib/server.mjs', env.SPENDWISE_DB);
const plainSms = (env: Variables): Command => ({ ...node('mcp-server-sms/bin/mcp-server-sms.js'), env });

/** Without a sandbox: with a network, as root, and with the real token. */
const dockerRun = (env: Variables, ...args: readonly string[]): Command => ({
  program: 'docker',
  args: ['run', '-i', '--rm', '--log-driver', 'none', ...args],
  env: { ...process.env, ...env },
});
const bareSms = ({ local }: ContainerImages, env: Variables): Command => {
  const names = ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN', 'TWILIO_PHONE_NUMBER', 'NOTIFICATION_PHONE'];
  return dockerRun(env, ...names.flatMap((name) => ['-e', name]), local.get('mcp-server-sms') ?? '');
};
const bareSpending = (images: ContainerImages, env: Variables): Command => {
  const folder = dirname(env.SPENDWISE_DB);
  const mounts = ['-v', `${REPO}dist/spending:/app:ro`, '-v', `${folder}:${folder}:ro`, '-w', '/app'];
  return dockerRun(env, ...mounts, '--entrypoint', 'node', images.node, 'lib/server.mjs', env.SPENDWISE_DB);
};
