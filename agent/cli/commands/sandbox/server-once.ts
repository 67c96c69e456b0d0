import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { ListRootsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import type { Consented } from '../../../sandbox/consent/consent.ts';
import type { MCPManifest } from '../../../sandbox/manifest/manifest.ts';
import { launchPlan } from '../../../sandbox/plan/launch-plan.ts';
import type { Runtime } from '../../../sandbox/plan/runtime.ts';
import type { Prepared } from '../../../sandbox/program/prepare.ts';
import type { Announcement } from '../../../sandbox/protocol/tool-changes.ts';
import { SandboxedStdioTransport } from '../../../sandbox/protocol/transport.ts';
import { twilioOverrides } from '../../../settings/accounts.ts';
import type { Environment } from '../../../settings/environment.ts';
import { connect } from '../../../tools/toolbox.ts';

/** Starts a server with what it was granted, hears what it announces, and stops it. Throws Failed. */
export async function announcementOf(
  manifest: MCPManifest,
  prepared: Prepared,
  consented: Consented,
  environment: Environment,
  runtime: Runtime,
  signal: AbortSignal,
): Promise<Announcement> {
  const plan = launchPlan(manifest, consented, environment, twilioOverrides(environment), prepared.program);
  const transport = new SandboxedStdioTransport({ runtime, plan });
  const { client, announcement } = await connect({ prefix: manifest.name, transport }, signal, ableClient());
  await client.close();
  return announcement;
}

/** Some servers have more tools for clients that can do more: all of them are to be seen. */
function ableClient(): Client {
  const capabilities = { roots: { listChanged: true }, sampling: {}, elicitation: {} };
  const client = new Client({ name: 'spendwise', version: '0.1.0' }, { capabilities });
  client.setRequestHandler(ListRootsRequestSchema, () => ({ roots: [] }));
  return client;
}
