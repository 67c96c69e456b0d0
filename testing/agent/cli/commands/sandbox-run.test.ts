import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { expect, test } from 'vitest';
import { lockFile, runLogs } from '../../../../agent/sandbox/audit/files.ts';
import { walkLog } from '../../../../agent/sandbox/audit/read.ts';
import { temporaryFolder } from '../../../support/folder.ts';
import { household } from '../../../support/household.ts';
import { spendwiseHere } from '../../../support/in-process.ts';
import { isAlive } from '../../../support/processes.ts';
import { REPO, spendwise } from '../../../support/run.ts';

/** A server of this code, beside the household's state and not around it: a server may not have that. */
function manifestOf(name: string, folder: string, code: string): string {
  const own = join(folder, 'server');
  mkdirSync(own);
  writeFileSync(join(own, 'server.mjs'), code);
  const manifest = { name, registry: 'npm', packageName: 'x', permissions: [], codeMount: '.' };
  const path = join(own, 'm.json');
  writeFileSync(path, JSON.stringify({ ...manifest, execCommand: ['node', 'server.mjs'] }));
  return path;
}

test('an MCP client uses a sandboxed server as it would use the server, and all of it is in the audit log', async () => {
  const { env, twilio, folder } = await household();
  const audit = join(folder, 'audit.jsonl');
  const args = [
    `${REPO}agent/spendwise.js`,
    'sandbox',
    'run',
    `${REPO}mcp-server-sms/sandbox.json`,
    '--yes',
    '--runtime',
    'process',
    '--audit',
    audit,
  ];
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(new StdioClientTransport({ command: process.execPath, args, env, stderr: 'ignore' }));
  expect(client.getServerVersion()).toMatchObject({ name: 'mcp-server-sms' });
  const { tools } = await client.listTools();
  expect(tools).toHaveLength(4);
  await client.callTool({ name: 'send_sms', arguments: { message: 'the text' } });
  await client.close();
  expect(twilio.inbox.map((m) => m.body)).toEqual(['the text']);

  const log = readFileSync(audit, 'utf8');
  const events = log
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(events.map(({ event }) => event)).toEqual([
    ...Array(5).fill('consent'),
    'start',
    'tool_call',
    'stop',
  ]);
  expect(events[5]).toMatchObject({ server: 'mcp-server-sms', runtime: 'process', isolated: false });
  for (const secret of ['the text', env.TWILIO_AUTH_TOKEN, env.NOTIFICATION_PHONE])
    expect(log).not.toContain(secret);
});

test('without a terminal and without a grant nothing starts', async () => {
  const { env } = await household();
  const ran = await spendwise(
    ['sandbox', 'run', `${REPO}mcp-server-sms/sandbox.json`, '--runtime', 'process'],
    { env },
  );
  expect(ran).toMatchObject({ code: 3, stdout: '' });
  expect(ran.stderr).toMatch(/Allow access to domain: api\.twilio\.com:443[\s\S]*hint: .*--yes/);
});

test('answers that are due when the client ends still come', async () => {
  const { env, folder } = await household();
  const input = `${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 't', version: '1' } } })}\n`;
  const ran = await spendwise(
    ['sandbox', 'run', `${REPO}mcp-server-sms/sandbox.json`, '--yes', '--runtime', 'process'],
    {
      env,
      input,
    },
  );
  expect(ran.code).toBe(0);
  expect(JSON.parse(ran.stdout)).toMatchObject({ id: 1, result: { serverInfo: { name: 'mcp-server-sms' } } });
  // Without --audit there is a log all the same, one a run.
  const logs = runLogs(join(folder, 'state'));
  expect(logs.map((log) => walkLog(log))).toEqual([{ lines: 7, problem: undefined, afterHead: 0 }]);
});

test('a cancelled request does not keep the server after the client has ended', async () => {
  const { env, folder } = await household();
  const path = manifestOf('silent', folder, 'process.stdin.resume();');
  const messages = [
    { id: 1, method: 'tools/list' },
    { method: 'notifications/cancelled', params: { requestId: 1 } },
  ];
  const input = messages.map((m) => `${JSON.stringify({ jsonrpc: '2.0', ...m })}\n`).join('');
  const ran = await spendwise(['sandbox', 'run', path, '--yes', '--runtime', 'process'], { env, input });
  expect(ran.code).toBe(0);
});

test('a client that closes stdout does not leave the server behind', async () => {
  const { env, folder } = await household();
  const pid = join(folder, 'pid');
  // Stubborn: it heeds neither the end of its stdin nor a broken pipe.
  const code = `import { writeFileSync } from 'node:fs'; writeFileSync(${JSON.stringify(pid)}, String(process.pid));
    process.stdout.on('error', () => {}); setInterval(() => process.stdout.write('{"jsonrpc":"2.0","method":"notifications/x"}\\n'), 20);`;
  const path = manifestOf('stubborn', folder, code);
  const args = [`${REPO}agent/spendwise.js`, 'sandbox', 'run', path, '--yes', '--runtime', 'process'];
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  await once(child.stdout, 'data');
  child.stdout.destroy();
  await once(child, 'exit');
  expect(isAlive(Number(readFileSync(pid, 'utf8')))).toBe(false);
});

/** Runs a server of this code under `--yes`, with an audit log of its own. */
async function runServer(code: string, input: object) {
  const { env, folder } = await household();
  const log = join(folder, 'audit.jsonl');
  const args = ['sandbox', 'run', manifestOf('made-up', folder, code), '--yes', '--runtime', 'process'];
  const line = `${JSON.stringify({ jsonrpc: '2.0', ...input })}\n`;
  const ran = await spendwise([...args, '--audit', log], { env, input: line });
  const ends: unknown[] = [];
  const verdict = walkLog(log, ({ record }) => {
    if (record.event === 'stop') ends.push(record.how);
  });
  return { ...ran, ends, problem: verdict?.problem, locked: existsSync(lockFile(log)) };
}

test('a server that crashes after the client has ended is an error all the same', async () => {
  const code = 'process.stdin.resume(); setTimeout(() => process.exit(7), 1_500);';
  const ran = await runServer(code, { id: 1, method: 'ping' });
  expect(ran).toMatchObject({ code: 1, ends: ['exit code 7'], problem: undefined, locked: false });
  expect(ran.stderr).toMatch(/made-up ended by itself \(exit code 7\)\nhint: /);
});

test('a server that lists 740,000 tools is ended, and its record is whole and closed', async () => {
  const code = `process.stdin.once('data', () => {
    const tools = Array.from({ length: 740_000 }, () => ({ name: 'x' }));
    process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id: 1, result: { tools } }) + '\\n');
  });`;
  const ran = await runServer(code, { id: 1, method: 'tools/list' });
  expect(ran).toMatchObject({ code: 1, stdout: '', problem: undefined, locked: false });
  expect(ran.ends).toEqual([expect.stringContaining('it has more than 250000 values')]);
  expect(ran.stderr).toContain('it has more than 250000 values');
});

test('a start that fails leaves no lock on the audit log', async () => {
  const { env, folder } = await household();
  const log = join(folder, 'audit.jsonl');
  const args = ['sandbox', 'run', `${REPO}mcp-server-sms/sandbox.json`, '--yes', '--runtime', 'process'];
  // Live credentials in a plain process: the runtime refuses to start.
  const live = { ...env, TWILIO_API_BASE_URL: '' };
  const ran = await spendwiseHere([...args, '--audit', log], { env: live });
  expect(ran.code).toBe(3);
  expect(walkLog(log)).toMatchObject({ problem: undefined });
  expect(existsSync(lockFile(log))).toBe(false);
});

test.each([
  ['in the folder', 'granted/audit.jsonl'],
  ['under a link in the folder', 'granted/outward/audit.jsonl'],
  ['behind a link to it', 'link/audit.jsonl'],
  ['a link to a file in it', 'audit.jsonl'],
])('an audit log that the server may write, %s, is refused before anything starts', async (_, file) => {
  const folder = temporaryFolder();
  for (const name of ['granted', 'elsewhere']) mkdirSync(join(folder, name));
  symlinkSync('granted', join(folder, 'link'));
  symlinkSync('granted/later.jsonl', join(folder, 'audit.jsonl'));
  symlinkSync('../elsewhere', join(folder, 'granted', 'outward'));
  const started = join(folder, 'granted', 'started');
  const path = manifestOf('writer', folder, `import fs from 'node:fs'; fs.writeFileSync('${started}', '');`);
  const fields = JSON.parse(readFileSync(path, 'utf8'));
  const access = { type: 'fs', path: '../granted', read: true, write: true };
  const permissions = ['mcp.ac.filesystem.read', 'mcp.ac.filesystem.write'];
  writeFileSync(path, JSON.stringify({ ...fields, permissions, runtimePermissions: [access] }));
  const env = { SPENDWISE_STATE_DIR: join(folder, 'state') };
  const args = ['sandbox', 'run', path, '--yes', '--runtime', 'process', '--audit', join(folder, file)];
  const ran = await spendwiseHere(args, { env });
  expect(ran).toMatchObject({ code: 4, stdout: '' });
  expect(ran.stderr).toMatch(
    /the server may write .*granted, and so its own audit log .*\nhint: choose a file for --audit/,
  );
  expect(readdirSync(join(folder, 'granted'))).toEqual(['outward']);
});

test('a server that ends by itself is an error that says why', async () => {
  const { env } = await household();
  const ran = await spendwise(
    ['sandbox', 'run', `${REPO}mcp-server-sms/sandbox.json`, '--yes', '--runtime', 'process'],
    {
      env: { ...env, NOTIFICATION_PHONE: 'nonsense' },
      keepInputOpen: true,
    },
  );
  expect(ran.code).toBe(1);
  expect(ran.stderr).toMatch(/ended by itself \(exit code 4\)\nhint: it said: ".*NOTIFICATION_PHONE.*"\n/);
});

/** Healthy, and talkative: of escape sequences, and of what it was granted. */
const TALKATIVE = `console.error('\\x1b[2Jready, with ' + process.env.TOKEN + '\\rerror: not ours');
  process.stdin.resume().on('end', () => process.exit(0));`;

async function talkative(...flags: string[]) {
  const { env, folder } = await household();
  const path = manifestOf('talker', folder, TALKATIVE);
  const fields = JSON.parse(readFileSync(path, 'utf8'));
  const permissions = ['mcp.ac.system.env.read'];
  const asked = [{ type: 'env', name: 'TOKEN' }];
  writeFileSync(path, JSON.stringify({ ...fields, permissions, runtimePermissions: asked }));
  const args = ['sandbox', 'run', path, '--yes', '--runtime', 'process', '--unsandboxed', ...flags];
  const ran = await spendwise(args, { env: { ...env, TOKEN: 'a-granted-secret' } });
  const [log = ''] = runLogs(join(folder, 'state'));
  const file = `${log}.stderr`;
  return { ran, kept: existsSync(file) ? readFileSync(file, 'utf8') : undefined };
}

test("with --stderr what a healthy server says is shown, line by line behind the server's name", async () => {
  const { ran, kept } = await talkative('--stderr');
  expect(ran).toMatchObject({ code: 0, stdout: '' });
  expect(ran.stderr).toMatch(/^talker: ready, with \[granted value\] error: not ours$/m);
  expect(ran.stderr).not.toMatch(/^error:/m);
  expect(ran.stderr).not.toContain('a-granted-secret');
  expect(ran.stderr).not.toContain('\u001b[2J');
  expect(kept).toBeUndefined();
});

test('with --json-log and --stderr it is a JSON line', async () => {
  const { ran } = await talkative('--stderr', '--json-log');
  const lines = ran.stderr
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.filter(({ event }) => event === 'stderr')).toEqual([
    expect.objectContaining({
      server: 'talker',
      line: expect.stringContaining('ready, with [granted value]'),
    }),
  ]);
});

test('without it, it is in a file beside the audit log', async () => {
  const { ran, kept } = await talkative();
  expect(ran).toMatchObject({ code: 0, stdout: '' });
  expect(ran.stderr).not.toContain('ready');
  expect(kept).toMatch(/^\d{4}-\S+Z talker: ready, with \[granted value\] error: not ours\n$/);
});
