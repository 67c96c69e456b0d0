import { chmodSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { AuditLog } from '../../../../agent/sandbox/audit/audit-log.ts';
import { headFile, partFile, runLogs } from '../../../../agent/sandbox/audit/files.ts';
import { removalsFile } from '../../../../agent/sandbox/audit/removals.ts';
import { removeOldRuns } from '../../../../agent/sandbox/audit/retention.ts';
import { temporaryFolder } from '../../../support/folder.ts';
import { spendwiseHere } from '../../../support/in-process.ts';
import { spendwise } from '../../../support/run.ts';

let state: string;
const env = () => ({ SPENDWISE_STATE_DIR: state });
const audit = (...args: string[]) => spendwiseHere(['sandbox', 'audit', ...args], { env: env() });
/** The same, as a program of its own. */
const program = (...args: string[]) => spendwise(['sandbox', 'audit', ...args], { env: env() });

/** Two runs; the second with something denied, and a name that would forge lines on a terminal. */
beforeEach(() => {
  state = temporaryFolder();
  const first = AuditLog.ofNewRun(state);
  first.append({
    event: 'start',
    server: 'sms',
    runtime: 'docker',
    isolated: true,
    manifest: 'm',
    source: 'm.json',
  });
  first.append({ event: 'stop', server: 'sms', how: 'exit code 0' });
  first.close();
  const second = AuditLog.ofNewRun(state);
  const egress = { event: 'egress', host: 'a.example', port: 443, reason: 'granted' } as const;
  second.append({ ...egress, server: 'sms', verdict: 'allowed' });
  second.append({ ...egress, server: 'notes', verdict: 'denied', host: 'evil\u001b[2J\nall is well' });
  second.append({ event: 'tool_call', server: 'notes', tool: 'write +12025550143' });
  second.close();
});

test('runs are listed with their servers, lines, denials, and whether they are as written', async () => {
  const listed = await program('show');
  expect(listed).toMatchObject({ code: 0, stderr: '' });
  const [first = '', second = ''] = listed.stdout.trimEnd().split('\n');
  expect(first).toMatch(/^\S+ {2}sms {2}2 lines {2}0 denied {2}verified$/);
  expect(second).toMatch(/^\S+ {2}sms, notes {2}3 lines {2}1 denied {2}verified$/);
  const { runs } = JSON.parse((await audit('show', '--json', '--denied')).stdout);
  expect(runs).toMatchObject([{ servers: ['sms', 'notes'], lines: 3, denials: 1 }]);
});

test('events of a run are shown readably, and hostile names make no line of their own', async () => {
  const run = basename(runLogs(state)[1] ?? '', '.jsonl');
  const shown = await audit('show', run);
  expect(shown).toMatchObject({ code: 0, stderr: '' });
  expect(shown.stdout.split('\n').map((line) => line.replace(/^\S+Z {2}/, ''))).toEqual([
    'sms  allowed a.example:443 (granted)',
    'notes  DENIED evil all is well:443 (granted)',
    'notes  tool call: write +…0143',
    '',
  ]);
  const denied = JSON.parse((await audit('show', run, '--denied', '--server', 'notes', '--json')).stdout);
  expect(denied).toMatchObject({ lines: 3, events: [{ event: 'egress', line: 2 }] });
  expect((await audit('show', run, '--server', 'nobody')).stdout).toBe('');
});

test('shows a log whose fields are not text', async () => {
  const log = AuditLog.ofNewRun(state);
  const odd = { toString: 1, valueOf: 1 };
  log.append({ event: 'tool_call', server: 'notes', tool: odd as unknown as string });
  log.append({ event: 'stop', server: odd as unknown as string, how: 'exit code 0' });
  log.close();
  const shown = await audit('show', basename(runLogs(state)[2] ?? '', '.jsonl'));
  expect(shown).toMatchObject({ code: 0, stderr: '' });
  expect(shown.stdout).toContain('notes  tool call: {"toString":1,"valueOf":1}\n');
  expect((await audit('show')).code).toBe(0);
});

test('verify says how much was checked', async () => {
  expect(await program('verify')).toMatchObject({
    code: 0,
    stderr: '',
    stdout: 'verified: 5 lines in 2 logs\n',
  });
  const [first = ''] = runLogs(state);
  expect((await audit('verify', first)).stdout).toBe('verified: 2 lines in 1 log\n');
  expect(JSON.parse((await audit('verify', '--json')).stdout)).toMatchObject({ ok: true, lines: 5 });
});

test('verify says how many runs were removed, and a damaged record of that is a failure', async () => {
  const none = JSON.parse((await audit('verify', '--json')).stdout);
  expect(none.removed).toEqual({ count: 0, last: null });
  removeOldRuns(state, (file) => new AuditLog(file), 0);
  const ran = await audit('verify');
  expect(ran).toMatchObject({ code: 0, stderr: '' });
  expect(ran.stdout).toMatch(
    /^verified: 0 lines in 0 logs\n2 older runs were removed to make room, the last on 2\d{3}-.*Z\n$/,
  );
  const { ok, removed } = JSON.parse((await audit('verify', '--json')).stdout);
  expect({ ok, removed }).toMatchObject({
    ok: true,
    removed: { count: 2, last: expect.stringMatching(/Z$/) },
  });
  const record = removalsFile(state);
  expect((await audit('show', record)).stdout).toMatch(/removed, to make room: \S+ \(\["sms"\]\), 2 lines\n/);
  writeFileSync(record, readFileSync(record, 'utf8').replace('"lines":3', '"lines":2'));
  const damaged = await audit('verify');
  expect(damaged).toMatchObject({ code: 1, stdout: `${record}: line 1 was changed\n` });
  expect(damaged.stderr).toMatch(/^error: 1 of 1 audit logs were changed or are incomplete\n/);
  expect(JSON.parse((await audit('verify', '--json')).stdout)).toMatchObject({ ok: false });
  rmSync(record);
  expect((await audit('verify')).stdout).toMatch(/removals: part 1 is missing/);
});

test.each(['show', 'verify'])('%s does not read runs where others may write', async (command) => {
  const [run = ''] = runLogs(state);
  chmodSync(run, 0o666);
  expect(await audit(command)).toMatchObject({ code: 4, stdout: '', stderr: expect.stringContaining(run) });
  rmSync(run);
  symlinkSync('/dev/zero', run);
  expect((await audit(command)).stderr).toMatch(/jsonl is a symbolic link/);
  rmSync(run);
  chmodSync(join(state, 'audit'), 0o777);
  expect((await audit(command)).stderr).toMatch(/other users can write .*audit:/);
});

test('verify says of each broken log which line and what, and exits 1', async () => {
  const [first = '', second = ''] = runLogs(state);
  writeFileSync(first, readFileSync(first, 'utf8').replace('exit code 0', 'exit code 1'));
  const lines = readFileSync(second, 'utf8').split('\n');
  writeFileSync(second, `${lines.slice(0, 2).join('\n')}\n`);
  const ran = await program('verify');
  expect(ran.code).toBe(1);
  expect(ran.stdout).toBe(`${first}: line 2 was changed\n${second}: cut off after line 2\n`);
  expect(ran.stderr).toMatch(/^error: 2 of 2 audit logs were changed or are incomplete\nhint: /);
  const json = await audit('verify', '--json');
  expect(json.code).toBe(1);
  expect(JSON.parse(json.stdout)).toMatchObject({
    ok: false,
    logs: [{ problem: { kind: 'changed line', line: 2 } }, { problem: { kind: 'cut off', line: 3 } }],
  });
  expect((await audit('show')).stdout).toMatch(/NOT VERIFIED: line 2 was changed\n.*NOT VERIFIED: cut off/);
  const shown = await audit('show', second);
  expect(shown).toMatchObject({ code: 0, stderr: 'NOT VERIFIED: cut off after line 2\n' });
});

test('parts belong to their log, and one that is missing is named', async () => {
  const file = join(temporaryFolder(), 'long.jsonl');
  const log = new AuditLog(file, { partBytes: 500 });
  for (let n = 0; n < 9; n += 1) log.append({ event: 'stop', server: 's', how: 'x' });
  log.close();
  expect((await audit('verify', file, partFile(file, 2), partFile(file, 3))).stdout).toBe(
    'verified: 9 lines in 1 log\n',
  );
  rmSync(partFile(file, 2));
  expect((await audit('verify', file)).stdout).toMatch(
    /: part 2 is missing, long\.2\.jsonl, from line 3 on\n$/,
  );
  rmSync(headFile(file));
  writeFileSync(file, '');
  expect((await audit('verify', file)).code).toBe(1);
});

test('reports a missing log; an empty list of runs is no error', async () => {
  for (const command of ['show', 'verify']) {
    const ran = await audit(command, 'nowhere');
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(ran.stderr).toMatch(/^error: there is no audit log .*nowhere\nhint: /);
  }
  state = temporaryFolder();
  expect(await audit('verify')).toMatchObject({ code: 0, stdout: 'verified: 0 lines in 0 logs\n' });
  expect(await audit('show')).toMatchObject({ code: 0, stdout: '' });
});
