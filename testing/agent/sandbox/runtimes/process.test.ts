import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { expect, onTestFinished, test } from 'vitest';
import {
  DevMCPManifest,
  type ManifestFields,
  MCPManifest,
} from '../../../../agent/sandbox/manifest/manifest.ts';
import {
  DomainPort,
  EnvironmentVariable,
  FSAccess,
  Permission,
  type RuntimePermission,
} from '../../../../agent/sandbox/manifest/permissions.ts';
import type { Diversion } from '../../../../agent/sandbox/plan/egress.ts';
import { launchPlan } from '../../../../agent/sandbox/plan/launch-plan.ts';
import { ServerTransport } from '../../../../agent/sandbox/protocol/transport.ts';
import { processRuntime } from '../../../../agent/sandbox/runtimes/process.ts';
import { temporaryFolder } from '../../../support/folder.ts';
import { isAlive } from '../../../support/processes.ts';

const TOKEN = new EnvironmentVariable('TOKEN');
const DOMAIN = new DomainPort('api.example.com', 443);
const OVERRIDE: Diversion = {
  domain: 'api.example.com',
  port: 443,
  target: new URL('http://127.0.0.1:9'),
  variable: 'API_BASE_URL',
};

/** A server of these lines of JavaScript, in a folder of its own. */
function server(code: string, runtimePermissions: RuntimePermission[] = []) {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'server.mjs'), code);
  const fields: ManifestFields = {
    name: 'test-server',
    registry: 'npm',
    packageName: 'test-server',
    permissions: Object.values(Permission),
    codeMount: folder,
    execCommand: ['node', 'server.mjs'],
    runtimePermissions,
  };
  return new DevMCPManifest(fields);
}

const printEnvironment = 'process.stdout.write(JSON.stringify(process.env)); process.stdin.resume();';

async function environmentOf(granted: RuntimePermission[], diversions: Diversion[] = []) {
  const operator = {
    TOKEN: 'secret',
    OTHER: 'not granted',
    HOME: '/home/me',
    OPENAI_API_KEY: 'sk-x',
    PATH: '/bin',
  };
  const plan = launchPlan(server(printEnvironment, granted), { granted, refused: [] }, operator, diversions);
  const running = await processRuntime({ unsandboxed: true }).start(plan, () => {});
  onTestFinished(() => running.stop());
  const [first] = await running.stdout
    .iterator()
    .next()
    .then((next) => [String(next.value)]);
  return JSON.parse(first as string) as Record<string, string>;
}

test('a server sees only the granted variables', async () => {
  const { PATH: _, ...seen } = await environmentOf([TOKEN]);
  expect(seen).toEqual({ TOKEN: 'secret' });
  const { PATH: __, ...nothing } = await environmentOf([]);
  expect(nothing).toEqual({});
});

test('passes an override only to a server that was granted its domain', async () => {
  expect(await environmentOf([TOKEN, DOMAIN], [OVERRIDE])).toMatchObject({
    API_BASE_URL: 'http://127.0.0.1:9',
  });
  expect(await environmentOf([TOKEN], [OVERRIDE])).not.toHaveProperty('API_BASE_URL');
});

test.each([
  ['a way out', [TOKEN, DOMAIN]],
  ['no way out of their own, for a plain process has the network all the same', [TOKEN]],
])('refuses credentials with %s, unless the operator insists', async (_what, granted) => {
  const plan = launchPlan(server('', granted), { granted, refused: [] }, { TOKEN: 'secret' });
  await expect(processRuntime({ unsandboxed: false }).start(plan, () => {})).rejects.toMatchObject({
    exitCode: 3,
  });
  const running = await processRuntime({ unsandboxed: true }).start(plan, () => {});
  await running.stop();
});

test.each<[string, RuntimePermission]>([
  ['network', DOMAIN],
  ['files', new FSAccess('/srv/data', { read: true, write: false })],
])('starts nothing after a refusal of %s, which it could not enforce', async (_what, refused) => {
  const folder = temporaryFolder();
  const marker = join(folder, 'started');
  const code = `import { writeFileSync } from 'node:fs'; writeFileSync(${JSON.stringify(marker)}, '');`;
  const plan = launchPlan(server(code, [refused]), { granted: [], refused: [refused] }, {});
  await expect(processRuntime({ unsandboxed: true }).start(plan, () => {})).rejects.toThrow(
    /could ignore your refusal/,
  );
  expect(existsSync(marker)).toBe(false);
});

test('refuses a manifest without its own code', async () => {
  const manifest = new MCPManifest({
    name: 'x',
    registry: 'npm',
    packageName: 'x',
    image: 'x',
    permissions: [],
  });
  const plan = launchPlan(manifest, { granted: [], refused: [] }, {});
  await expect(processRuntime({ unsandboxed: false }).start(plan, () => {})).rejects.toMatchObject({
    exitCode: 4,
  });
});

test('stops a server that ignores the end of stdin and SIGTERM, with its children', async () => {
  const child = "setInterval(() => {}, 1e3); process.on('SIGTERM', () => {})";
  const code = `import { spawn } from 'node:child_process';
    const child = spawn(process.execPath, ['-e', ${JSON.stringify(child)}], { stdio: 'ignore' });
    process.on('SIGTERM', () => {}); setInterval(() => {}, 1e3);
    process.stdout.write(JSON.stringify([process.pid, child.pid]));`;
  const running = await processRuntime({ unsandboxed: false }).start(
    launchPlan(server(code), { granted: [], refused: [] }, {}),
    () => {},
  );
  const pids = JSON.parse(String((await running.stdout.iterator().next()).value)) as number[];
  await running.stop();
  await expect.poll(() => pids.filter(isAlive)).toEqual([]);
});

test('reports a server that never answers or ends at once, with the end of its stderr and without secrets', async () => {
  const code =
    "process.stderr.write('\\u001b[31mcannot log in with ' + process.env.TOKEN); process.exitCode = 7;";
  const plan = launchPlan(
    server(code, [TOKEN]),
    { granted: [TOKEN], refused: [] },
    { TOKEN: 'secret-token' },
  );
  const transport = new ServerTransport({ runtime: processRuntime({ unsandboxed: true }), plan });
  await expect(new Client({ name: 't', version: '1' }).connect(transport)).rejects.toThrow();
  expect(transport.ended).toBe('exit code 7');
  expect(transport.stderr).toBe('cannot log in with [granted value]');
});

test('survives a flood on stderr, and ends a server that writes an endless line on stdout', async () => {
  const flood =
    "process.stdout.on('error', () => {}); const x = 'x'.repeat(1e6); for (let i = 0; i < 30; i++) { process.stderr.write(x); process.stdout.write(x); } setInterval(() => {}, 1e3)";
  const plan = launchPlan(server(flood), { granted: [], refused: [] }, {});
  const transport = new ServerTransport({ runtime: processRuntime({ unsandboxed: false }), plan });
  const connecting = new Client({ name: 't', version: '1' }).connect(transport);
  await expect(connecting).rejects.toThrow();
  expect(transport.stderr.length).toBeLessThanOrEqual(4096);
  await transport.close();
  expect(transport.ended).toBeDefined();
});
