import { createServer, type ServerResponse } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { SendResult } from '../../mcp-server-sms/src/result.ts';
import { closeServer, listenOnLoopback } from '../stand-ins/listen.ts';
import { startTwilioStandIn } from '../stand-ins/twilio.ts';
import { ACCOUNT, OWNER } from '../support/household.ts';
import { run } from '../support/run.ts';
import {
  NO_CAPS,
  programWithStandIn,
  SMS_BIN,
  SMS_ENV,
  sharedSmsProgram,
  sharedSmsServer,
  smsServer,
  withStandIn,
} from '../support/sms-server.ts';

const standIn = () => startTwilioStandIn(ACCOUNT);
/** Sends nothing, whatever it is asked. */
const refusing = sharedSmsProgram(standIn);

/** Of the stand-in's own: what each fails with. */
const MAGIC: [string, number][] = [
  ['+15005550001', 21211],
  ['+15005550003', 21408],
  ['+15005550004', 21610],
  ['+15005550009', 21614],
];
const failing = sharedSmsServer(standIn, { SMS_ALLOWED_RECIPIENTS: MAGIC.map(([to]) => to).join() });

/** An API that answers every request as told. */
let answer: (response: ServerResponse) => void = () => {};
const told = sharedSmsServer(async () => {
  const server = createServer((request, response) => {
    request.resume().on('end', () => answer(response));
  });
  return { url: await listenOnLoopback(server, 0), close: () => closeServer(server) };
}, NO_CAPS);

const json = (status: number, body: unknown) => (response: ServerResponse) =>
  void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

test('the tools that send are announced as what they are', async () => {
  const { client, stderr } = refusing();
  const { tools } = await client.listTools();
  expect(tools.map((tool) => tool.name)).toEqual([
    'send_sms',
    'send_budget_alert',
    'get_message_status',
    'find_messages',
  ]);
  for (const tool of tools.slice(0, 2)) {
    expect(tool.annotations).toEqual({
      readOnlyHint: false,
      destructiveHint: true,
      idempotentHint: false,
      openWorldHint: true,
    });
    expect(tool.inputSchema).toMatchObject({ type: 'object', additionalProperties: false });
    expect(tool.outputSchema).toMatchObject({
      type: 'object',
      required: expect.arrayContaining(['status', 'to']),
    });
    expect(Object.keys(tool.inputSchema.properties ?? {})).not.toContain('from');
  }
  expect(stderr()).toMatch(/TWILIO_API_BASE_URL is set: calls go to/);
});

test('an alert reaches the owner, once, with the exact text', async () => {
  const { call, twilio } = await withStandIn();
  const result = await call('send_budget_alert', { category: 'Shopping', spent: 95, budget: 80 });
  expect(result.isError).toBe(false);
  expect(result.structuredContent).toEqual({
    status: 'queued',
    sid: twilio.inbox[0]?.sid,
    to: '+12*******43',
    segments: 1,
    encoding: 'GSM-7',
    body: '[!!] SpendWise: Shopping\nCHF 95/80 (119%)',
  });
  expect(JSON.parse(result.content[0]?.text ?? '')).toEqual(result.structuredContent);
  expect(twilio.inbox.map(({ to, from, body }) => ({ to, from, body }))).toEqual([
    { to: OWNER, from: '+15005550006', body: '[!!] SpendWise: Shopping\nCHF 95/80 (119%)' },
  ]);
});

test.each<[string, string, Record<string, unknown>, RegExp]>([
  ['a stranger', 'send_sms', { to: '+12025550199', message: 'x' }, /not among SMS_ALLOWED_RECIPIENTS/],
  ['an empty number', 'send_sms', { to: '', message: 'x' }, /E\.164/],
  ['a malformed number', 'send_sms', { to: '0791234567', message: 'x' }, /E\.164/],
  ['another channel', 'send_sms', { to: `whatsapp:${OWNER}`, message: 'x' }, /E\.164/],
  ['an extension', 'send_sms', { to: `${OWNER};ext=5`, message: 'x' }, /E\.164/],
  ['an empty text', 'send_sms', { message: '  ' }, /empty/],
  ['a text of 1601 characters', 'send_sms', { message: 'x'.repeat(1601) }, /1601 characters/],
  ['a text of too many segments', 'send_sms', { message: 'x'.repeat(700) }, /5 segments/],
  ['an escape sequence', 'send_sms', { message: 'a\u001b[2Jb' }, /control/],
  ['a carriage return', 'send_sms', { message: 'a\r\nTo: +1900' }, /control/],
  ['half a surrogate pair', 'send_sms', { message: 'a\ud83d' }, /surrogate/],
  [
    'a second line in a category',
    'send_budget_alert',
    { category: 'a\nb', spent: 1, budget: 2 },
    /category: it must be one line/,
  ],
  [
    'a currency that is none',
    'send_budget_alert',
    { category: 'a', spent: 1, budget: 2, currency: 'dollars' },
    /ISO 4217/,
  ],
])('%s is refused, and nothing is sent', async (_what, tool, args, reason) => {
  const { call, twilio } = refusing();
  const result = await call(tool, args);
  expect(result).toMatchObject({
    isError: true,
    structuredContent: { status: 'refused', reason: expect.stringMatching(reason) },
  });
  expect(SendResult.parse(result.structuredContent)).toBeTruthy();
  expect(twilio.inbox).toEqual([]);
});

test.each<[string, Record<string, unknown>]>([
  ['send_sms', { message: 'x', from: '+15005550006' }],
  ['send_sms', { message: 'x', MediaUrl: 'http://x' }],
  ['send_sms', { to: null, message: 'x' }],
  ['send_sms', {}],
  ['send_budget_alert', { category: 'a', spent: -1, budget: 2 }],
  ['send_budget_alert', { category: 'a', spent: 1, budget: 2, custom_message: 'x'.repeat(161) }],
])('%s with %o is an error, and nothing is sent', async (tool, args) => {
  const { call, twilio } = refusing();
  expect(await call(tool, args)).toMatchObject({ isError: true });
  expect(twilio.inbox).toEqual([]);
});

test('text is sent as it is: fields and headers cannot be smuggled in', async () => {
  const { call, twilio } = await withStandIn();
  const message = 'a&To=+12025550199&Body=b\nX-Header: c %0d%0a {}[]€ שלום 👋';
  await call('send_sms', { message });
  expect(twilio.inbox.map(({ to, body }) => ({ to, body }))).toEqual([{ to: OWNER, body: message }]);
});

test('sends to the numbers of the allowlist only', async () => {
  const { call, twilio } = await withStandIn({ SMS_ALLOWED_RECIPIENTS: '+12025550150' });
  expect(await call('send_sms', { to: '+1 (202) 555-0150', message: 'x' })).toMatchObject({ isError: false });
  expect(await call('send_sms', { message: 'x' })).toMatchObject({ isError: true });
  expect(twilio.inbox.map((m) => m.to)).toEqual(['+12025550150']);
});

test('a dry run sends nothing and says so', async () => {
  const { call, twilio } = await withStandIn({ SMS_DRY_RUN: '1' });
  expect(await call('send_sms', { message: 'x' })).toMatchObject({
    isError: false,
    structuredContent: { status: 'dry_run' },
  });
  expect(twilio.inbox).toEqual([]);
});

test.each(MAGIC)('the magic number %s fails with %i and a hint', async (to, code) => {
  const result = await failing().call('send_sms', { to, message: 'x' });
  expect(result).toMatchObject({
    isError: true,
    structuredContent: {
      status: 'failed',
      error: { kind: 'api', code, retryable: false, hint: expect.any(String) },
    },
  });
});

test('wrong credentials fail with a hint, and print neither token nor recipient', async () => {
  const { call, stderr } = await programWithStandIn({ TWILIO_AUTH_TOKEN: 'wrong-but-secret' });
  const result = await call('send_sms', { message: 'the text' });
  expect(result.structuredContent).toMatchObject({
    status: 'failed',
    error: { code: 20003, hint: expect.stringMatching(/TWILIO_AUTH_TOKEN/) },
  });
  const shown = stderr() + JSON.stringify(result);
  const basic = Buffer.from(`${ACCOUNT.accountSid}:wrong-but-secret`).toString('base64');
  for (const secret of ['wrong-but-secret', basic, OWNER]) expect(shown).not.toContain(secret);
});

test.each<[string, (response: ServerResponse) => void, object]>([
  [
    '201 with nothing in it',
    json(201, {}),
    { status: 'unknown', error: { kind: 'protocol', retryable: false } },
  ],
  ['201 with a SID that is none', json(201, { sid: 'SMx', status: 'queued' }), { status: 'unknown' }],
  ['201 with broken JSON', (r) => void r.writeHead(201).end('{"sid":'), { status: 'unknown' }],
  ['500', json(500, { code: 20500, message: 'oops', status: 500 }), { status: 'unknown' }],
  ['503 with a page', (r) => void r.writeHead(503).end('<html>'), { status: 'unknown' }],
  [
    'a redirect',
    (r) => void r.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
    { status: 'unknown' },
  ],
  ['a reset after the request', (r) => void r.destroy(), { status: 'unknown', error: { kind: 'network' } }],
  ['an endless answer', (r) => void r.writeHead(201).end('x'.repeat(3_000_000)), { status: 'unknown' }],
  [
    '429',
    json(429, { code: 20429, message: 'slow down', status: 429 }),
    { status: 'failed', error: { code: 20429, retryable: true } },
  ],
  [
    'an error that names the recipient',
    json(400, { code: 21211, message: `${OWNER} is bad`, status: 400 }),
    { error: { message: '+12*******43 is bad' } },
  ],
])('%s: what is known is said, and no more', async (what, answers, expected) => {
  answer = answers;
  const result = await told().call('send_sms', { message: what });
  expect(result).toMatchObject({ isError: true, structuredContent: expected });
});

test('an API that cannot be reached: nothing was sent, and it may be tried again', async () => {
  const gone = await startTwilioStandIn(ACCOUNT);
  await gone.close();
  const { call } = await smsServer({ TWILIO_API_BASE_URL: gone.url.origin });
  expect((await call('send_sms', { message: 'x' })).structuredContent).toMatchObject({
    status: 'failed',
    error: { kind: 'network', retryable: true },
  });
});

test('without configuration it exits with 4, one line a variable, and no secret', async () => {
  const ran = await run(SMS_BIN, [], {
    env: { TWILIO_ACCOUNT_SID: 'AC-secret', TWILIO_AUTH_TOKEN: 'token-secret' },
  });
  expect(ran).toMatchObject({ code: 4, stdout: '' });
  expect(ran.stderr).toMatch(
    /^error: .*\n {2}TWILIO_ACCOUNT_SID: .*\n {2}TWILIO_PHONE_NUMBER: not set\nhint: .*\n$/,
  );
  expect(ran.stderr).not.toContain('secret');
});

test('it exits when stdin ends, after the answers that are due', async () => {
  const twilio = await startTwilioStandIn(ACCOUNT);
  onTestFinished(() => twilio.close());
  const messages = [
    {
      id: 1,
      method: 'initialize',
      params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 't', version: '1' } },
    },
    { method: 'notifications/initialized' },
    { id: 2, method: 'tools/call', params: { name: 'send_sms', arguments: { message: 'bye' } } },
  ];
  const input = messages.map((message) => `${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`).join('');
  const ran = await run(SMS_BIN, [], { env: { ...SMS_ENV, TWILIO_API_BASE_URL: twilio.url.origin }, input });
  expect(ran.code).toBe(0);
  const answers = ran.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(answers.map((answer) => answer.id)).toEqual([1, 2]);
  expect(answers[1].result.structuredContent.status).toBe('queued');
});
