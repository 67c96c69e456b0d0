import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { expect } from 'vitest';
import { docker, testImages, testWithDocker } from '../../support/docker.ts';
import { household } from '../../support/household.ts';
import { REPO, spendwise } from '../../support/run.ts';

/** The SMS server's image under its id, as any image is named that is not of this clone. */
async function manifest(image: (id: string) => string) {
  const { env, folder, twilio } = await household();
  const id = docker(
    'image',
    'inspect',
    '-f',
    '{{.Id}}',
    testImages().local.get('mcp-server-sms') ?? '',
  ).trim();
  const path = join(folder, 'sandbox.json');
  const names = ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN', 'TWILIO_PHONE_NUMBER', 'NOTIFICATION_PHONE'];
  const json = {
    name: 'from-an-image',
    registry: 'oci',
    packageName: 'mcp-server-sms',
    image: image(id),
    permissions: ['mcp.ac.system.env.read'],
    runtimePermissions: names.map((name) => ({ type: 'env', name })),
  };
  writeFileSync(path, JSON.stringify(json));
  return { env, path, twilio };
}

testWithDocker('runs an image by digest, with its own entry point', async () => {
  const { env, path, twilio } = await manifest((id) => id);
  const args = [`${REPO}agent/spendwise.js`, 'sandbox', 'run', path, '--yes', '--runtime', 'docker'];
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(new StdioClientTransport({ command: process.execPath, args, env, stderr: 'ignore' }));
  expect(client.getServerVersion()?.name).toBe('mcp-server-sms');
  // Its manifest grants no domain: nothing can be sent.
  const result = await client.callTool({ name: 'send_sms', arguments: { message: 'x' } });
  expect(result.isError).toBe(true);
  expect(twilio.inbox).toEqual([]);
  await client.close();
});

testWithDocker(
  'a missing image that cannot be pulled is an error in plain words, before anything starts',
  async () => {
    const { env, path } = await manifest(() => `registry.invalid/nobody/server@sha256:${'0'.repeat(64)}`);
    const ran = await spendwise(['sandbox', 'run', path, '--yes', '--runtime', 'docker'], { env });
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(ran.stderr).toMatch(
      /pulling registry\.invalid[\s\S]*error: .* cannot be pulled: .*\nhint: check name, digest and registry/,
    );
  },
);
