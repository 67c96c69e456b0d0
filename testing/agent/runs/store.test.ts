import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import type { AgentEvent } from '../../../agent/loop/agent-loop.ts';
import { textsOfRun } from '../../../agent/pages/run/reading/parts.ts';
import { findRun, runFile, runFolder, runIds } from '../../../agent/runs/files.ts';
import { runIdAt } from '../../../agent/runs/id.ts';
import { readRun, summarize } from '../../../agent/runs/read.ts';
import { recorded } from '../../../agent/runs/record.ts';
import { RunStore } from '../../../agent/runs/store.ts';
import { Failed, Interrupted } from '../../../agent/sandbox/foundation/errors.ts';
import { cost } from '../../support/cost.ts';
import { temporaryFolder } from '../../support/folder.ts';

const SETTING = {
  model: { kind: 'openai', name: 'm' },
  runtime: { kind: 'process' },
  twilio: 'override',
};
const OWNER = '+12025550143';

let state: string;
let notices: string[];
beforeEach(() => {
  state = temporaryFolder();
  notices = [];
});

const storeWith = (environment: Record<string, string> = {}) =>
  new RunStore({ ...environment, SPENDWISE_STATE_DIR: state }, (line) => void notices.push(line));

const call = { callId: 'c', name: 'sms__send_sms', arguments: '{"message":"hi"}' };
const sent = (structured: Record<string, unknown>): AgentEvent => ({
  type: 'outcome',
  call,
  outcome: {
    kind: 'result',
    call: { server: 'sms', tool: 'send_sms', args: { message: 'hi' } },
    result: { isError: false, text: JSON.stringify(structured), structured },
    recipient: OWNER,
  },
});
const USAGE = { calls: 2, inputTokens: 1000, cachedInputTokens: 0, outputTokens: 20 };
const answered: AgentEvent[] = [
  { type: 'call', call },
  sent({ status: 'queued', sid: 'SM1', body: 'hi' }),
  { type: 'text', delta: 'It is ' },
  { type: 'text', delta: 'done.' },
  { type: 'usage', usage: USAGE },
  { type: 'answer', text: 'It is done.' },
];

async function* play(events: readonly AgentEvent[], failure?: Error): AsyncGenerator<AgentEvent> {
  yield* events;
  if (failure) throw failure;
}

/** Records a run of these events, and gives its id. */
async function record(events: readonly AgentEvent[], failure?: Error, store = storeWith()): Promise<string> {
  const run = store.begin('text me hi', SETTING);
  try {
    for await (const _ of recorded(run, () => play(events, failure)));
  } catch (error) {
    if (error !== failure) throw error;
  }
  return run.id ?? '';
}
const typesOf = (id: string) => readRun(state, id).events.map(({ type }) => type);

test('writes one line per event with its time, and reads it back unchanged', async () => {
  const id = await record(answered);
  const lines = readFileSync(runFile(state, id), 'utf8').trimEnd().split('\n');
  const events = lines.map((line) => JSON.parse(line));
  expect(events.map(({ type }) => type)).toEqual(['run', 'call', 'outcome', 'usage', 'answer', 'end']);
  for (const { time } of events) expect(time).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
  expect(events[0]).toMatchObject({
    id,
    version: 1,
    model: SETTING.model,
    runtime: 'process',
    prompt: 'text me hi',
  });
  expect(readRun(state, id)).toMatchObject({ damaged: [], tooLong: false, end: { outcome: 'answered' } });
  expect(summarize(readRun(state, id))).toMatchObject({
    calls: 2,
    inputTokens: 1000,
    outcome: 'answered',
  });
});

test('only its owner can read it', async () => {
  const id = await record(answered);
  expect(statSync(runFile(state, id)).mode & 0o777).toBe(0o600);
  expect(statSync(runFolder(state)).mode & 0o777).toBe(0o700);
});

test('words before a call, or before a failure, are kept: joined', async () => {
  const words: AgentEvent[] = [
    { type: 'text', delta: 'I will ' },
    { type: 'text', delta: 'look' },
  ];
  const id = await record(
    [...words, { type: 'call', call }, ...words],
    new Failed('the model failed', 'try again'),
  );
  const { events, end } = readRun(state, id);
  expect(events.filter(({ type }) => type === 'text')).toMatchObject([
    { delta: 'I will look' },
    { delta: 'I will look' },
  ]);
  expect(end).toMatchObject({ outcome: 'failed', error: { message: 'the model failed', hint: 'try again' } });
});

test('records an interrupted run, also if the consumer stopped listening', async () => {
  expect(readRun(state, await record([], new Interrupted())).end).toMatchObject({ outcome: 'interrupted' });
  const run = storeWith().begin('x', SETTING);
  for await (const _ of recorded(run, () => play(answered))) break;
  expect(readRun(state, run.id ?? '').end).toMatchObject({ outcome: 'interrupted' });
});

test('approvals are on record, with the answer', async () => {
  const store = storeWith();
  const run = store.begin('x', SETTING);
  const asked = { server: 'sms', tool: 'send_sms', args: {}, because: 'a free text', recipient: OWNER };
  const { signal } = new AbortController();
  await store.witnessed(async () => true)(asked, signal);
  await store.witnessed(async () => false)(asked, signal);
  await store
    .witnessed(() => Promise.reject(new Interrupted()))(asked, signal)
    .catch(() => {});
  run.end({ outcome: 'answered' });
  const approvals = readRun(state, run.id ?? '').events.filter(({ type }) => type === 'approval');
  expect(approvals.map((event) => Reflect.get(event, 'approved'))).toEqual([true, false, undefined]);
  expect(approvals[0]).toMatchObject({ tool: 'send_sms', recipient: '+…0143' });
});

test('no number, key or token stands in a file, wherever it came from', async () => {
  const environment = {
    OPENAI_API_KEY: 'the-key-of-the-test',
    TWILIO_AUTH_TOKEN: '0123456789abcdef0123456789abcdef',
    SMS_PASSWORD: 'correct horse battery',
  };
  const leak = `${Object.values(environment).join(' | ')} sk-proj-abcdefgh12345678 ${OWNER} +1 (202) 555-0199 0041791234567
    -----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\n-----END PRIVATE KEY-----`;
  const store = storeWith(environment);
  const run = store.begin(leak, SETTING);
  const args = JSON.stringify({ to: OWNER, message: leak });
  const events: AgentEvent[] = [
    { type: 'text', delta: leak.slice(0, 30) },
    { type: 'text', delta: leak.slice(30) },
    { type: 'call', call: { ...call, arguments: args } },
    sent({ status: 'failed', [leak]: leak, error: { message: leak } }),
    { type: 'outcome', call, outcome: { kind: 'invalid', name: leak, reason: leak } },
    { type: 'answer', text: leak },
  ];
  const failing = recorded(run, () => play(events, new Failed(leak, leak)));
  await expect(Array.fromAsync(failing)).rejects.toThrow();
  const text = readFileSync(runFile(state, run.id ?? ''), 'utf8');
  for (const secret of Object.values(environment)) expect(text).not.toContain(secret);
  expect(text).not.toMatch(/abcdefgh12345678|MIIEvQ|2025550143|555-0199|0041791234567/);
  expect(text).toContain('+…0143');
  expect(readRun(state, run.id ?? '').damaged).toEqual([]);
});

test('nor does one that is written in another way, or that a cut divides', async () => {
  const token = '0123456789abcdef0123456789ABCDEF';
  const environment = {
    TWILIO_AUTH_TOKEN: token,
    SMS_PASSWORD: 'correct "horse"/battery+1',
    OPENAI_API_KEY: 'k'.repeat(31),
    NOTIFICATION_PHONE: OWNER,
  };
  const password = environment.SMS_PASSWORD;
  const basic = (offset: number) => Buffer.from(`${'u'.repeat(offset)}:${token}:x`).toString('base64');
  const written = [
    ...[1, 2, 3].flatMap((offset) => [basic(offset), encodeURIComponent(basic(offset))]),
    Buffer.from(token).toString('hex'),
    `https://${token.toLowerCase()}.attacker.example/?${new URLSearchParams({ password })}`,
    encodeURIComponent(password),
    JSON.stringify(JSON.stringify({ password })),
    ...['12025550143', '+1.202.555.0143', '1 (202) 555 / 0143', '1 202 555–0143'],
  ];
  const run = storeWith(environment).begin('', SETTING);
  for (const text of written) run.write({ type: 'answer', text });
  run.write(sent({ to: 12025550143, amount: 95.5 }));
  // As texts get shorter, what is kept comes from further behind: up to half a key.
  const divided = `${environment.OPENAI_API_KEY} `.repeat(1_000);
  for (const shift of [0, 7, 14, 21, 28]) run.write({ type: 'answer', text: ' '.repeat(shift) + divided });
  run.end({ outcome: 'answered' });
  const text = readFileSync(runFile(state, run.id ?? ''), 'utf8');
  expect(text).not.toMatch(/0123456789abcdef|battery|kkk|attacker\.example\/\?password=c/i);
  for (const form of [...written.slice(0, 7), Buffer.from(token).toString('base64').slice(4, 40)])
    expect(text).not.toContain(form);
  expect(text.replace(/\D/g, ' ')).not.toMatch(/2025550143|202 +555 +0143/);
  expect(text).toContain('"amount":95.5');
});

test('figures and dates are no phone numbers', async () => {
  const run = storeWith().begin('-2500.00 on 2026-11-23T10:00:00+01:00, CHF +135.50, SM0012345678', SETTING);
  expect(readFileSync(runFile(state, run.id ?? ''), 'utf8')).toContain(
    '-2500.00 on 2026-11-23T10:00:00+01:00, CHF +135.50, SM0012345678',
  );
});

test('a line and a file have bounds, and the end is written all the same', async () => {
  const long = 'x y '.repeat(5_000);
  const wide = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`field${n}`, long]));
  const flood = Array.from({ length: 150 }, (): AgentEvent => ({ type: 'answer', text: long }));
  const id = await record([sent(wide), ...flood]);
  const text = readFileSync(runFile(state, id), 'utf8');
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThan(64 * 1024);
  expect(text.length).toBeLessThan(1.1 * 1024 * 1024);
  expect(typesOf(id).slice(-2)).toEqual(['cut', 'end']);
  expect(readRun(state, id).damaged).toEqual([]);
});

test('the newest 200 are kept', async () => {
  mkdirSync(runFolder(state), { recursive: true });
  for (let n = 0; n < 205; n += 1) writeFileSync(runFile(state, runIdAt(Date.UTC(2026, 0, 1) + n)), '');
  writeFileSync(join(runFolder(state), 'notes.txt'), '');
  const id = await record([]);
  expect(runIds(state)).toHaveLength(200);
  expect(runIds(state)[0]).toBe(id);
  expect(runIds(state).at(-1)).toBe(runIdAt(Date.UTC(2026, 0, 1) + 6));
  expect(readdirSync(runFolder(state))).toContain('notes.txt');
});

test('a run that begins after the clock was set back is kept', async () => {
  mkdirSync(runFolder(state), { recursive: true });
  for (let n = 0; n < 205; n += 1) writeFileSync(runFile(state, runIdAt(Date.UTC(2050, 0, 1) + n)), '');
  const id = await record([]);
  expect(runIds(state)).toHaveLength(200);
  expect(readRun(state, id).start).toBeDefined();
});

test('runs that begin at the same moment have files of their own', async () => {
  const store = storeWith();
  const ids = Array.from({ length: 20 }, () => store.begin('x', SETTING).id);
  expect(new Set(ids).size).toBe(20);
});

test('ids sort by time', () => {
  const times = [0, 1, 31, 32, 1_000_000, 86_400_000 * 365 * 20].map((ms) => Date.UTC(2025, 0, 1) + ms);
  const ids = times.map(runIdAt);
  expect(ids.toSorted()).toEqual(ids);
  expect(ids[0]).toBe('00000000');
});

test('the beginning of an id is enough; several are listed', async () => {
  mkdirSync(runFolder(state), { recursive: true });
  for (const id of ['1abc0000', '1abd0000', '2xyz0000']) writeFileSync(runFile(state, id), '');
  expect(findRun(state, '2')).toBe('2xyz0000');
  expect(findRun(state, '1ABD')).toBe('1abd0000');
  expect(() => findRun(state, '1ab')).toThrow('2 runs begin with 1ab: 1abd0000, 1abc0000');
  for (const none of ['', '3', '../../x']) expect(() => findRun(state, none)).toThrow(/there is no run/);
});

test('continues without a writable folder, and reports it once', async () => {
  writeFileSync(join(state, 'runs'), 'in the way');
  const store = storeWith();
  for (const _ of [1, 2]) expect(await record(answered, undefined, store)).toBe('');
  expect(notices).toEqual([expect.stringMatching(/^runs are not recorded: .* cannot be used \(E/)]);
});

test('a run that broke off is readable, but for the line that was torn', async () => {
  const run = storeWith().begin('x', SETTING);
  for (const event of answered) run.write(event);
  appendFileSync(runFile(state, run.id ?? ''), '{"type":"end","time":"2026-');
  const read = readRun(state, run.id ?? '');
  expect(read).toMatchObject({ end: undefined, damaged: [6] });
  expect(summarize(read)).toMatchObject({ outcome: 'broke off', damaged: 1 });
});

test.each([
  ['no JSON', 'hello\n'],
  ['another format', '{"a":1}\n[]\nnull\n'],
  [
    'an event without its fields',
    '{"type":"outcome","time":"2026-11-23T00:00:00Z","outcome":{"kind":"result"}}\n',
  ],
  ['a time that is none', '{"type":"answer","time":"soon","text":"x"}\n'],
  ['a time that no clock tells', '{"type":"answer","time":"2026-11-23T00:00:00.1234567890Z","text":"x"}\n'],
  ['bytes', Buffer.from([0, 255, 10, 254, 10])],
  ['nesting without end', `${'['.repeat(30_000)}\n`],
  [
    'a line that is too long',
    `{"type":"answer","time":"2026-11-23T00:00:00Z","text":"${'x'.repeat(70_000)}"}\n`,
  ],
])('%s in a file is damaged, and the rest is read', async (_what, junk) => {
  const id = await record(answered);
  appendFileSync(runFile(state, id), junk);
  const { damaged, events } = readRun(state, id);
  expect(damaged.length).toBeGreaterThan(0);
  expect(damaged[0]).toBe(7);
  expect(events).toHaveLength(6);
});

test('a server that answers with what cannot be a text is counted all the same', async () => {
  const structured = JSON.parse('{"status":"queued","sid":{},"body":{"toString":1,"valueOf":1}}');
  const sent = { server: 'sms', tool: 'send_sms', args: {} };
  const result = { isError: false, text: '', structured };
  const call = { callId: 'c', name: 'sms__send_sms', arguments: '{}' };
  const id = await record([{ type: 'outcome', call, outcome: { kind: 'result', call: sent, result } }]);
  expect(textsOfRun(state, readRun(state, id)).out).toHaveLength(1);
});

test('an event of a later version is kept; an escape sequence is not', async () => {
  const id = await record([]);
  const time = '2026-11-23T00:00:00Z';
  appendFileSync(
    runFile(state, id),
    `${JSON.stringify({ type: 'mood', time, 'of\u001b[2J': 'the \u001b[31mday' })}\n`,
  );
  expect(readRun(state, id).events.at(-1)).toEqual({ type: 'mood', time, of: 'the day' });
});

test('reads only a part of a huge file', async () => {
  const id = await record(answered);
  for (let n = 0; n < 40; n += 1) appendFileSync(runFile(state, id), `${'x'.repeat(100_000)}\n`);
  const spent = await cost(() =>
    expect(readRun(state, id)).toMatchObject({ tooLong: true, events: { length: 6 } }),
  );
  expect(spent).toBeLessThan(2_000);
});

test('reports a path that is not a file', () => {
  mkdirSync(runFile(state, '1abc0000'), { recursive: true });
  expect(() => readRun(state, '1abc0000')).toThrow(/1abc0000\.jsonl is not a file/);
  rmSync(runFile(state, '1abc0000'), { recursive: true });
  writeFileSync(runFile(state, '1abc0000'), '');
  chmodSync(runFile(state, '1abc0000'), 0o600);
  expect(readRun(state, '1abc0000')).toMatchObject({ events: [], start: undefined });
  rmSync(runFile(state, '1abc0000'));
  expect(() => readRun(state, '1abc0000')).toThrow(/1abc0000\.jsonl is gone/);
  symlinkSync('/etc/passwd', runFile(state, '1abc0000'));
  expect(() => readRun(state, '1abc0000')).toThrow(/is a symbolic link/);
});
