import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { docker, testImages, testWithDocker } from '../support/docker.ts';
import { ACCOUNT, OWNER } from '../support/household.ts';
import { REPO, run, runProgram } from '../support/run.ts';

const initialize = `${JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 't', version: '1' } },
})}\n`;

testWithDocker('the SMS image runs by itself, and leaves nothing when stdin closes', async () => {
  const { local } = testImages();
  const image = local.get('mcp-server-sms') ?? '';
  const name = `spendwise-test-by-hand-${process.pid}`;
  const variables = {
    TWILIO_ACCOUNT_SID: ACCOUNT.accountSid,
    TWILIO_AUTH_TOKEN: 'x',
    TWILIO_PHONE_NUMBER: '+15005550006',
    NOTIFICATION_PHONE: OWNER,
  };
  const names = Object.keys(variables).flatMap((variable) => ['-e', variable]);
  const args = ['run', '-i', '--rm', '--name', name, '--network', 'none', '--read-only', ...names, image];
  const ran = await runProgram('docker', args, { env: variables, input: initialize });
  expect(ran.code).toBe(0);
  expect(JSON.parse(ran.stdout)).toMatchObject({ id: 1, result: { serverInfo: { name: 'mcp-server-sms' } } });
  expect(docker('ps', '-aq', '--filter', `name=${name}`)).toBe('');
});

testWithDocker(
  'images are non-root or give root up, labelled, and hold no package manager of ours',
  async () => {
    const { local, gateway } = testImages();
    const config = (image: string) => JSON.parse(docker('inspect', '-f', '{{json .Config}}', image));
    expect(config(local.get('mcp-server-sms') ?? '')).toMatchObject({
      User: '65532:65532',
      Labels: {
        'org.opencontainers.image.title': 'mcp-server-sms',
        'org.opencontainers.image.licenses': 'MIT',
      },
    });
    expect(config(gateway)).toMatchObject({
      Labels: { 'org.opencontainers.image.title': 'spendwise-gateway' },
    });
    expect(
      docker(
        'run',
        '--rm',
        '--network',
        'none',
        '--entrypoint',
        'ls',
        local.get('mcp-server-sms') ?? '',
        '/app',
      ),
    ).not.toContain('node_modules');
  },
);

testWithDocker(
  'npm run build bundles, and npm run -s offline-base-image ends in the name of an image',
  async () => {
    const built = await run('agent/launch.js', [`${REPO}agent/images/build.ts`]);
    expect(built).toMatchObject({ code: 0, stdout: expect.stringContaining('dist/sms') });
    expect(existsSync(join(REPO, 'dist/sms/server.mjs'))).toBe(true);
    const { stdout } = await run('agent/launch.js', [`${REPO}agent/images/offline-base-image.ts`]);
    const image = stdout.trimEnd().split('\n').at(-1) ?? '';
    expect(
      docker('run', '--rm', '--network', 'none', image, 'node', '-p', 'process.versions.node').trim(),
    ).toBe(process.versions.node);
  },
);

testWithDocker('a gateway that keeps a privilege refuses to work', async () => {
  const { gateway } = testImages();
  const asRoot = spawnSync('docker', [
    'run',
    '--rm',
    '--network',
    'none',
    '--entrypoint',
    'node',
    gateway,
    '/app/relay.mjs',
    '443',
  ]);
  expect(asRoot.status).toBe(70);
  expect(String(asRoot.stderr)).toMatch(/privileges left: .*CapEff.*root/);
});
