import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type AuditEvent, AuditLog } from '../../../agent/sandbox/audit/audit-log.ts';
import { openStateFolder } from '../../../agent/sandbox/foundation/state-folder.ts';
import { forgedLines, HOSTILE_JSON } from '../../support/audit.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { AuditFollower } from './audit-follower.ts';

const policy = (verdict: 'allowed' | 'asked' | 'denied', reason = 'why', tool = 'send_sms'): AuditEvent => ({
  event: 'policy',
  server: 'sms',
  tool,
  verdict,
  reason,
});
const approval = (verdict: 'granted' | 'refused'): AuditEvent => ({
  event: 'approval',
  server: 'sms',
  tool: 'send_sms',
  verdict,
});
const called: AuditEvent = { event: 'tool_call', server: 'sms', tool: 'send_sms' };
const stopped: AuditEvent = { event: 'stop', server: 'sms', how: 'closed' };

function following(options = {}) {
  const stateDir = join(temporaryFolder(), 'state');
  const file = join(openStateFolder(stateDir, 'audit'), '2026.jsonl');
  const log = new AuditLog(file, options);
  onTestFinished(() => log.close());
  const stops: string[] = [];
  const follow = () =>
    new AuditFollower(stateDir, ({ how, what, why }) => void stops.push(`${how} | ${what} | ${why}`));
  return { stateDir, file, log, stops, follow };
}

/** What is stopped in a log of these events. */
function stopsOf(...events: readonly AuditEvent[]): string[] {
  const { log, stops, follow } = following();
  const follower = follow();
  for (const event of events) log.append(event);
  follower.look();
  return stops;
}

test.each<[string, readonly AuditEvent[], string[]]>([
  ['the policy', [policy('denied')], ['by the tool policy | sms → send_sms | why']],
  [
    'the broker',
    [
      {
        event: 'egress',
        server: 'sms',
        host: 'a.example',
        port: 443,
        verdict: 'denied',
        reason: 'not granted',
      },
    ],
    ['by the broker | sms → a.example:443 | not granted'],
  ],
  [
    'the gate',
    [{ ...called, denied: 'left out' } as AuditEvent],
    ['by the gate | sms → send_sms | left out'],
  ],
  [
    'a refused permission',
    [{ event: 'consent', server: 'sms', permission: 'domain: a.example:443', verdict: 'refused' }],
    ['a person did not grant it | sms | domain: a.example:443'],
  ],
  [
    "a person's no, with the question",
    [policy('asked', 'free text'), approval('refused'), stopped],
    ['a person said no | sms → send_sms | free text'],
  ],
  [
    'a question that nobody could be asked',
    [policy('asked', 'free text'), stopped],
    ['nobody could be asked | sms → send_sms | free text'],
  ],
])('%s stops something', (_, events, stops) => expect(stopsOf(...events)).toEqual(stops));

test('what passed was not stopped', () => {
  expect(
    stopsOf(
      policy('allowed'),
      called,
      policy('asked'),
      approval('granted'),
      policy('asked'),
      called,
      policy('asked'),
      approval('granted'),
      // After the yes, the ledger found that it was sent already.
      policy('asked'),
      policy('allowed', 'why', 'find_messages'),
      { event: 'egress', server: 'sms', host: 'a.example', port: 443, verdict: 'allowed', reason: 'granted' },
      { event: 'egress', server: 'sms', host: 'a.example', port: 443, verdict: 'failed', reason: 'reset' },
      stopped,
    ),
  ).toEqual([]);
});

test('counts from when it began, over all parts and later logs', () => {
  const { stateDir, log, stops, follow } = following({ partBytes: 600 });
  log.append(policy('denied', 'before'));
  const follower = follow();
  for (let n = 0; n < 5; n += 1) log.append(policy('denied', `part ${n}`));
  follower.look();
  const later = AuditLog.ofNewRun(stateDir);
  onTestFinished(() => later.close());
  later.append(policy('denied', 'another run'));
  follower.look();
  follower.look();
  expect(stops.map((stop) => stop.split(' | ')[2])).toEqual([
    'part 0',
    'part 1',
    'part 2',
    'part 3',
    'part 4',
    'another run',
  ]);
});

test('a line that is not whole waits; one that is none is passed over, however long', () => {
  const { file, log, stops, follow } = following();
  const follower = follow();
  log.append(policy('denied', 'first'));
  appendFileSync(file, '{"event":"policy","verdict":"denied"}\nnot json\n');
  appendFileSync(file, `${'x'.repeat(5 * 1024 * 1024)}\n`);
  for (let n = 0; n < 4; n += 1) follower.look();
  log.append(policy('denied', 'second'));
  for (let n = 0; n < 4; n += 1) follower.look();
  expect(stops).toEqual([
    'by the tool policy | sms → send_sms | first',
    'by the tool policy | sms → send_sms | second',
  ]);
});

test('a log that others can write, or that is a link, is not followed', () => {
  const { stateDir, file, log, stops, follow } = following();
  const follower = follow();
  log.append(policy('denied'));
  chmodSync(file, 0o666);
  expect(() => follower.look()).toThrow(/other users can write/);
  chmodSync(file, 0o600);
  symlinkSync(file, join(stateDir, 'audit', 'z.jsonl'));
  expect(() => follower.look()).toThrow(/symbolic link/);
  expect(stops).toHaveLength(1);
  rmSync(join(stateDir, 'audit', 'z.jsonl'));
  follower.look();
  expect(stops).toHaveLength(1);
  rmSync(stateDir, { recursive: true });
  follower.look();
});

test.each<[string, (place: string) => unknown]>([
  ['a link to a file of others', (place) => symlinkSync('/etc/passwd', place)],
  ['a link to itself', (place) => symlinkSync(place, place)],
  ['a folder', (place) => mkdirSync(place)],
  ['a pipe that nobody writes', (place) => execFileSync('mkfifo', ['-m', '600', place])],
])('%s in the place of a log is named, and the other logs are followed', (_, make) => {
  const { stateDir, log, stops, follow } = following();
  make(join(stateDir, 'audit', '2025.jsonl'));
  const follower = follow();
  for (const reason of ['first', 'second']) {
    log.append(policy('denied', reason));
    expect(() => follower.look()).toThrow(/2025\.jsonl is (a symbolic link|not a file)/);
  }
  expect(stops.map((stop) => stop.split(' | ')[2])).toEqual(['first', 'second']);
});

test('a log that grows faster than it is read keeps no other waiting', () => {
  const { stateDir, log, stops, follow } = following();
  const follower = follow();
  for (let n = 1; n <= 3; n += 1) {
    appendFileSync(join(stateDir, 'audit', '2025.jsonl'), 'x'.repeat(5_000_000), { mode: 0o600 });
    log.append(policy('denied', `after ${n}`));
    follower.look();
    expect(stops).toHaveLength(n);
  }
});

test.each(Object.entries(HOSTILE_JSON))('forged lines with %s stop nothing that follows', (_, json) => {
  const { file, log, stops, follow } = following();
  const follower = follow();
  appendFileSync(file, forgedLines(json).join(''));
  for (let n = 0; n < 5; n += 1) follower.look();
  log.append(policy('denied', 'right'));
  follower.look();
  expect(stops.at(-1)).toBe('by the tool policy | sms → send_sms | right');
  for (const stop of stops) expect(stop.length).toBeLessThan(2_000);
});
