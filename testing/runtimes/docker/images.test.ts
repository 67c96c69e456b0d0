import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { docker, testImages, testWithDocker } from '../../support/docker.ts';
import { ACCOUNT, OWNER } from '../../support/household.ts';
import { REPO, run, runProgram } from '../../support/run.ts';

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

testWithDocker('images run without root or give it up, and have labels', () => {
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
});

testWithDocker('the SMS image is Node and the server: no shell, no package manager, little else', () => {
  const { local, node } = testImages();
  const image = local.get('mcp-server-sms') ?? '';
  const list = `const { readdirSync } = require('node:fs');
    const own = readdirSync('/').filter((name) => !['proc', 'sys', 'dev', '.dockerenv'].includes(name));
    console.log(own.flatMap((name) => readdirSync('/' + name, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile()).map((entry) => entry.parentPath + '/' + entry.name).join('\\n'))`;
  const files = docker('run', '--rm', '--network', 'none', '--entrypoint', 'node', image, '-e', list)
    .trim()
    .split('\n')
    // Docker's own.
    .filter((file) => !/^\/(etc\/(hosts|hostname|resolv\.conf|mtab))$/.test(file));
  expect(
    files.filter((file) => !/^\/(app\/[\w-]+\.mjs|usr\/local\/bin\/node|.*\.so(\.\d+)*)$/.test(file)),
  ).toEqual(['/etc/nsswitch.conf', '/etc/passwd']);
  const size = (of: string) => Number(docker('inspect', '-f', '{{.Size}}', of));
  expect(size(image)).toBeLessThan(size(node) + 20e6);
});

testWithDocker('the SMS image serves HTTP, and docker stop lets it end by itself', async () => {
  const image = testImages().local.get('mcp-server-sms') ?? '';
  const variables = ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN', 'TWILIO_PHONE_NUMBER', 'NOTIFICATION_PHONE'];
  const values = [ACCOUNT.accountSid, 'x', '+15005550006', OWNER];
  const env = [
    ...variables.map((name, n) => `${name}=${values[n]}`),
    'SMS_HTTP_TOKEN=a-token-of-some-length',
  ];
  const id = docker(
    ...['run', '-d', '--rm', '--read-only', '--cap-drop', 'ALL', '-p', '127.0.0.1::8080'],
    ...env.flatMap((one) => ['-e', one]),
    ...[image, '--http', '--host', '0.0.0.0', '--port', '8080'],
  ).trim();
  try {
    const [at = ''] = docker('port', id, '8080').split('\n');
    const health = async (): Promise<unknown> => (await fetch(`http://${at}/health`)).json();
    await expect.poll(() => health().catch(() => 'nobody answers')).toEqual({ status: 'ok' });
    // Another port than inside: not a Host that it knows.
    expect((await fetch(`http://${at}/mcp`, { method: 'POST' })).status).toBe(403);
    const started = performance.now();
    docker('stop', '--time', '30', id);
    // Then it would have been killed.
    expect(performance.now() - started).toBeLessThan(29_000);
  } finally {
    spawnSync('docker', ['rm', '-f', id]);
  }
  // --rm takes it away a moment after its end.
  await expect.poll(() => docker('ps', '-aq', '--no-trunc', '--filter', `id=${id}`)).toBe('');
});

testWithDocker(
  'npm run build bundles, and npm run -s offline-base-image prints an image name last',
  async () => {
    const built = await run('agent/run.js', [`${REPO}agent/cli/scripts/build.ts`]);
    expect(built).toMatchObject({ code: 0, stdout: expect.stringContaining('dist/sms') });
    expect(existsSync(join(REPO, 'dist/sms/server.mjs'))).toBe(true);
    const { stdout } = await run('agent/run.js', [`${REPO}agent/cli/scripts/offline-base-image.ts`]);
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
