import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { AuditLog } from '../../../../agent/sandbox/audit/audit-log.ts';
import { encodeHead, headFile } from '../../../../agent/sandbox/audit/files.ts';
import { MCPManifest } from '../../../../agent/sandbox/manifest/manifest.ts';
import type { OnEgress } from '../../../../agent/sandbox/plan/egress.ts';
import { launchPlan } from '../../../../agent/sandbox/plan/launch-plan.ts';
import type { RunningServer } from '../../../../agent/sandbox/plan/runtime.ts';
import { ServerTransport } from '../../../../agent/sandbox/protocol/transport.ts';
import { fakeRuntime } from '../../../support/fake-runtime.ts';
import { temporaryFolder } from '../../../support/folder.ts';
import { household } from '../../../support/household.ts';
import { REPO, spendwise } from '../../../support/run.ts';

const testOnFullDisk = test.skipIf(process.platform !== 'linux');

function fullLog(): string {
  const file = join(temporaryFolder(), 'log.jsonl');
  symlinkSync('/dev/full', file);
  writeFileSync(headFile(file), encodeHead({ lines: 0, part: 1, hash: '0'.repeat(64) }));
  return file;
}

/** A server in this process, and how often it was stopped. */
function fake() {
  const ended = Promise.withResolvers<string>();
  const said: string[] = [];
  const server: RunningServer = {
    stdin: new PassThrough().on('data', (chunk) => said.push(String(chunk))),
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    exited: ended.promise,
    stop: async () => ended.resolve('stopped'),
  };
  let onEgress: OnEgress = () => {};
  const runtime = fakeRuntime(async (_plan, report) => {
    onEgress = report;
    return server;
  });
  return { server, said, runtime, egress: (event: Parameters<OnEgress>[0]) => onEgress(event) };
}

const plan = launchPlan(
  new MCPManifest({ name: 'x', registry: 'npm', packageName: 'x', permissions: [] }),
  { granted: [], refused: [] },
  {},
);

testOnFullDisk('a server whose start cannot be recorded is stopped', async () => {
  const { runtime, server } = fake();
  const transport = new ServerTransport({ runtime, plan, audit: new AuditLog(fullLog()) });
  await expect(transport.start()).rejects.toThrow(/cannot write the audit log/);
  expect(await server.exited).toBe('stopped');
});

testOnFullDisk.each(['a tool call', 'a connection'])(
  'does not make %s that cannot be recorded, and stops the server',
  async (what) => {
    const { runtime, server, said, egress } = fake();
    const audit = new AuditLog(join(temporaryFolder(), 'log.jsonl'));
    const transport = new ServerTransport({ runtime, plan, audit });
    await transport.start();
    const full = new AuditLog(fullLog());
    audit.append = (event) => full.append(event);
    const attempt = async () =>
      what === 'a connection'
        ? egress({ host: 'a.example', port: 443, verdict: 'allowed', reason: 'granted' })
        : await transport.send({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'pay' } });
    const closed = new Promise<void>((resolve) => {
      transport.onclose = resolve;
    });
    await expect(attempt()).rejects.toThrow(/cannot write the audit log/);
    expect(await server.exited).toBe('stopped');
    await closed;
    expect(said).toEqual([]);
  },
);

test('stops a server whose log is full, and the log says so', async () => {
  const { runtime, server, egress } = fake();
  const file = join(temporaryFolder(), 'log.jsonl');
  const audit = new AuditLog(file, { maxBytes: 2_000 });
  const transport = new ServerTransport({ runtime, plan, audit });
  await transport.start();
  const closed = new Promise<void>((resolve) => {
    transport.onclose = resolve;
  });
  const connect = () => egress({ host: 'a.example', port: 443, verdict: 'allowed', reason: 'granted' });
  expect(() => {
    for (let n = 0; n < 20; n += 1) connect();
  }).toThrow(/is full: one run may write/);
  expect(connect).toThrow(/is full/);
  expect(await server.exited).toBe('stopped');
  await closed;
  expect(() => audit.close()).toThrow(/is full/);
  expect(readFileSync(file, 'utf8').trimEnd().split('\n').at(-1)).toContain(
    '"event":"log_full","server":"x"',
  );
});

testOnFullDisk('`sandbox run` with a log that cannot be written starts nothing', async () => {
  const { env } = await household();
  const ran = await spendwise(
    [
      'sandbox',
      'run',
      `${REPO}mcp-server-sms/sandbox.json`,
      '--yes',
      '--runtime',
      'process',
      '--audit',
      fullLog(),
    ],
    { env },
  );
  expect(ran).toMatchObject({ code: 1, stdout: '' });
  expect(ran.stderr).toMatch(
    /error: cannot write the audit log .*\nhint: free disk space, or choose another file/,
  );
});
