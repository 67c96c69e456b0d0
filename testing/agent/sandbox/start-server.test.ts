import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { AuditLog, DevMCPManifest, type StartOptions, startServer } from '@spendwise/sandbox';
import { expect, test } from 'vitest';
import { smsManifest } from '../../../agent/app/own-servers.ts';
import { runLogs } from '../../../agent/sandbox/audit/files.ts';
import { walkLog } from '../../../agent/sandbox/audit/read.ts';
import { GrantStore } from '../../../agent/sandbox/consent/grants.ts';
import { processRuntime } from '../../../agent/sandbox/runtimes/process.ts';
import { twilioDiversions } from '../../../agent/settings/twilio-diversions.ts';
import { temporaryFolder } from '../../support/folder.ts';

const SERVER = `import { createInterface } from 'node:readline';
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  const send = (result) => console.log(JSON.stringify({ jsonrpc: '2.0', id, result }));
  if (method === 'initialize') send({ protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'x', version: '1' } });
  if (method === 'tools/list') send({ tools: [{ name: 'pid', inputSchema: { type: 'object' } }] });
  if (method === 'tools/call') send({ content: [{ type: 'text', text: String(process.env.LANGUAGE) }] });
});`;

function household(change: Partial<StartOptions> = {}) {
  const code = temporaryFolder();
  writeFileSync(join(code, 'server.mjs'), SERVER);
  const stateDir = join(temporaryFolder(), 'state');
  const manifest = new DevMCPManifest({
    name: 'notes',
    registry: 'npm',
    packageName: 'notes',
    permissions: ['mcp.ac.system.env.read'],
    runtimePermissions: [{ type: 'env', name: 'LANGUAGE' }],
    codeMount: code,
    execCommand: ['node', 'server.mjs'],
  });
  const grantAll = { because: 'a test', notice: () => {} };
  const store = new GrantStore(stateDir);
  const options: StartOptions = {
    runtime: processRuntime({ unsandboxed: true }),
    consent: { ui: undefined, grantAll, store, howToGrant: 'ask' },
    env: { LANGUAGE: 'fr', SECRET: 's' },
    ...change,
  };
  return { manifest, options, stateDir };
}

test('one call asks, starts and records; any client can use the server, and leaving the block ends it', async () => {
  const { manifest, options, stateDir } = household();
  const client = new Client({ name: 'test', version: '1' });
  let running: Promise<string> | undefined;
  {
    const audit = () => AuditLog.ofNewRun(stateDir);
    await using server = await startServer(manifest, { ...options, audit });
    running = server.running?.exited;
    await client.connect(server.transport);
    expect((await client.callTool({ name: 'pid', arguments: {} })).content).toEqual([
      { type: 'text', text: 'fr' },
    ]);
  }
  expect(await running).toBeTypeOf('string');
  const events: string[] = [];
  for (const log of runLogs(stateDir)) walkLog(log, ({ record }) => void events.push(String(record.event)));
  // To its code, which lies outside of the folder of its manifest, and to the variable.
  expect(events).toEqual(['consent', 'consent', 'start', 'tool_call', 'stop']);
});

test('starts nothing and makes no log where nobody can be asked', async () => {
  const { manifest, options } = household();
  const consent = { ...options.consent, grantAll: undefined };
  const audit = () => {
    throw new Error('a log was opened');
  };
  await expect(startServer(manifest, { ...options, consent, audit })).rejects.toMatchObject({
    exitCode: 3,
    hint: 'ask',
  });
});

test('a server that cannot be started leaves nothing behind', async () => {
  const { manifest, options, stateDir } = household();
  const runtime = {
    ...options.runtime,
    start: () => Promise.reject(new Error('no room')),
  };
  const audit = () => AuditLog.ofNewRun(stateDir);
  await expect(startServer(manifest, { ...options, runtime, audit })).rejects.toThrow('no room');
  const again = await startServer(manifest, { ...options, audit });
  await again.close();
});

test('a malformed TWILIO_API_BASE_URL matters only for servers that may reach Twilio', async () => {
  const diversions = twilioDiversions({ TWILIO_API_BASE_URL: 'not an address' });
  expect(await diversions(household().manifest)).toEqual([]);
  await expect(diversions(smsManifest())).rejects.toMatchObject({
    message: expect.stringMatching(/^TWILIO_API_BASE_URL: /),
    exitCode: 4,
  });
});
