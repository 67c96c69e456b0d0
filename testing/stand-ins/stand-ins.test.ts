import OpenAI from 'openai';
import twilio from 'twilio';
import { expect, onTestFinished, test } from 'vitest';
import { startModelStandIn } from './model.ts';
import { nextStep, type Turn } from './model-rules.ts';
import { startTwilioStandIn } from './twilio.ts';

const ACCOUNT = { accountSid: `AC${'1'.repeat(32)}`, authToken: 'token' };

async function twilioStandIn() {
  const standIn = await startTwilioStandIn(ACCOUNT);
  onTestFinished(() => standIn.close());
  return standIn;
}

/** The unmodified client; only the host of its requests is changed, on the way out. */
function twilioClient(base: URL, { accountSid, authToken } = ACCOUNT) {
  const transport = new twilio.RequestClient();
  transport.axios.interceptors.request.use((request) => {
    const url = new URL(request.url ?? '');
    return { ...request, url: new URL(url.pathname + url.search, base).href, httpsAgent: undefined };
  });
  return new twilio.Twilio(accountSid, authToken, { httpClient: transport });
}

test('the twilio client sends, fetches and lists', async () => {
  const standIn = await twilioStandIn();
  const client = twilioClient(standIn.url);
  const message = { to: '+12025550143', from: '+15005550006', body: 'Grüezi 👋' };
  const sent = await client.messages.create(message);
  expect(sent).toMatchObject({
    ...message,
    status: 'queued',
    numSegments: '1',
    direction: 'outbound-api',
    price: null,
  });
  expect(sent.sid).toMatch(/^SM[0-9a-f]{32}$/);
  expect(sent.dateCreated).toBeInstanceOf(Date);
  expect(await client.messages(sent.sid).fetch()).toMatchObject(message);
  for (let n = 0; n < 4; n += 1) await client.messages.create({ ...message, body: String(n) });
  const listed = await client.messages.list({ to: '+12025550143', pageSize: 2 });
  expect(listed.map((m) => m.body)).toEqual(['3', '2', '1', '0', 'Grüezi 👋']);
  expect(await client.messages.list({ to: '+12025550144' })).toEqual([]);
  expect(standIn.inbox).toHaveLength(5);
});

test.each([
  [{ to: '', from: '+15005550006', body: 'x' }, 400, 21604],
  [{ to: '+12025550143', from: '+15005550006', body: '' }, 400, 21602],
  [{ to: '+12025550143', from: '', body: 'x' }, 400, 21603],
  [{ to: '+12025550143', from: '+15005550006', body: 'x'.repeat(1601) }, 400, 21617],
  [{ to: '+15005550001', from: '+15005550006', body: 'x' }, 400, 21211],
  [{ to: '+12025550143', from: '+15005550008', body: 'x' }, 400, 21611],
])('%o is refused as Twilio refuses it', async (message, status, code) => {
  const standIn = await twilioStandIn();
  await expect(twilioClient(standIn.url).messages.create(message)).rejects.toMatchObject({ status, code });
  expect(standIn.inbox).toEqual([]);
});

test('another account, a wrong token and other resources are refused', async () => {
  const standIn = await twilioStandIn();
  const wrong = twilioClient(standIn.url, { ...ACCOUNT, authToken: 'guess' });
  await expect(wrong.messages.list()).rejects.toMatchObject({ status: 401, code: 20003 });
  const other = twilioClient(standIn.url, { accountSid: `AC${'2'.repeat(32)}`, authToken: 'token' });
  await expect(other.messages.list()).rejects.toMatchObject({ status: 401 });
  await expect(twilioClient(standIn.url).calls.list()).rejects.toMatchObject({ status: 404 });
});

test('the inbox page shows what arrived, as text', async () => {
  const standIn = await twilioStandIn();
  const attack = '<script>alert(1)</script> & "quotes"';
  await twilioClient(standIn.url).messages.create({ to: '+12025550143', from: '+15005550006', body: attack });
  const page = await fetch(standIn.url);
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  const html = await page.text();
  expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;quotes&quot;');
  expect(html).not.toContain('<script>');
});

test('a port in use is said in words', async () => {
  const standIn = await twilioStandIn();
  await expect(startTwilioStandIn(ACCOUNT, { port: Number(standIn.url.port) })).rejects.toThrow(
    /cannot listen .*EADDRINUSE/,
  );
});

test('the openai client streams and does not stream, and gets the same', async () => {
  const standIn = await startModelStandIn();
  onTestFinished(() => standIn.close());
  const client = new OpenAI({ apiKey: 'x', baseURL: standIn.url.href });
  const request = {
    model: 'scripted-rules',
    instructions: 'Today is 2026-11-23.',
    input: 'What can you do?',
  };
  const whole = await client.responses.create(request);
  expect(whole.output_text).toMatch(/^I follow a few fixed rules/);
  expect(whole.usage?.total_tokens).toBeGreaterThan(0);
  let text = '';
  const types = new Set<string>();
  const stream = client.responses.stream(request).on('event', (event) => {
    types.add(event.type);
    if (event.type === 'response.output_text.delta') text += event.delta;
  });
  const final = await stream.finalResponse();
  expect(final.output_text).toBe(whole.output_text);
  expect(text).toBe(whole.output_text);
  expect(types).toContain('response.created');
  expect(types).toContain('response.output_item.done');

  const tools = [
    {
      type: 'function' as const,
      name: 'spending__get_budget_status',
      strict: true,
      parameters: {
        type: 'object',
        properties: { as_of: { type: ['string', 'null'] } },
        required: ['as_of'],
      },
    },
  ];
  const called = await client.responses
    .stream({ ...request, input: 'Check my budgets', tools })
    .finalResponse();
  expect(called.output).toMatchObject([
    {
      type: 'function_call',
      name: 'spending__get_budget_status',
      arguments: '{"as_of":null}',
      status: 'completed',
    },
  ]);
});

test('over Chat Completions too', async () => {
  const standIn = await startModelStandIn();
  onTestFinished(() => standIn.close());
  const { completions } = new OpenAI({ apiKey: 'x', baseURL: standIn.url.href }).chat;
  const messages = [
    { role: 'system' as const, content: 'Today is 2026-11-23.' },
    { role: 'user' as const, content: 'What can you do?' },
  ];
  const request = { model: 'scripted-rules', messages };
  const whole = await completions.create(request);
  expect(whole.choices[0]?.message.content).toMatch(/^I follow a few fixed rules/);
  expect(whole.usage?.total_tokens).toBeGreaterThan(0);
  const streamed = completions.stream({ ...request, stream_options: { include_usage: true } });
  expect(await streamed.finalContent()).toBe(whole.choices[0]?.message.content);
  expect((await streamed.totalUsage()).total_tokens).toBeGreaterThan(0);

  const parameters = {
    type: 'object',
    properties: { as_of: { type: ['string', 'null'] } },
    required: ['as_of'],
  };
  const tools = [
    { type: 'function' as const, function: { name: 'spending__get_budget_status', parameters } },
  ];
  const asked = { ...request, messages: [{ role: 'user' as const, content: 'Check my budgets' }], tools };
  const called = await completions.stream(asked).finalMessage();
  expect(called.tool_calls).toMatchObject([
    { type: 'function', function: { name: 'spending__get_budget_status', arguments: '{"as_of":null}' } },
  ]);
  const [call] = called.tool_calls ?? [];
  const told = await completions.create({
    ...asked,
    messages: [
      ...asked.messages,
      called,
      { role: 'tool', tool_call_id: call?.id ?? '', content: '{"budgets":[]}' },
    ],
  });
  expect(told.choices[0]).toMatchObject({
    finish_reason: 'stop',
    message: { content: 'Every budget is in order.' },
  });
});

test.each(['responses', 'chat/completions'])('what is no request to %s is a 400', async (path) => {
  const standIn = await startModelStandIn();
  onTestFinished(() => standIn.close());
  for (const body of ['not json', '{}', '{"model":"x"}']) {
    const response = await fetch(`${standIn.url}/${path}`, { method: 'POST', body });
    expect(response.status).toBe(400);
  }
});

/** The rules decide from results: other figures, other calls. */
const turn = (order: string, done: Turn['done'] = []): Turn => ({
  order,
  today: '2026-11-25',
  tools: new Set(['get_budget_status', 'send_budget_alert', 'send_sms', 'get_spending', 'find_transactions']),
  done,
});
const budget = (category: string, spent: number, state: string) => ({
  category,
  currency: 'EUR',
  spent,
  limit: 10,
  percent: spent * 10,
  state,
});
const status = (...budgets: object[]) => ({ tool: 'get_budget_status', args: {}, result: { budgets } });
const alerted = (category: string, result: object) => ({
  tool: 'send_budget_alert',
  args: { category },
  result,
});

test('the rules follow the tool results', () => {
  const order = 'Check my budgets and alert me';
  expect(nextStep(turn(order))).toEqual({ call: 'get_budget_status', args: {} });
  const hot = status(budget('Boats', 9, 'warn'), budget('Cats', 1, 'ok'));
  expect(nextStep(turn(order, [hot]))).toEqual({
    call: 'send_budget_alert',
    args: { category: 'Boats', spent: 9, budget: 10, currency: 'EUR' },
  });
  expect(nextStep(turn(order, [hot, alerted('Boats', { status: 'queued' })]))).toEqual({
    say: '1 of 2 budgets run hot. Boats: EUR 9 of 10 (90%). Alerts: Boats queued.',
  });
  expect(nextStep(turn(order, [hot, alerted('Boats', { denied: true, reason: 'no' })]))).toEqual({
    say: '1 of 2 budgets run hot. Boats: EUR 9 of 10 (90%). Alerts: Boats denied (no).',
  });
  expect(nextStep(turn(order, [status(budget('Cats', 1, 'ok'))]))).toEqual({
    say: 'Every budget is in order.',
  });
  expect(nextStep(turn('Check my budgets', [hot]))).toEqual({
    say: '1 of 2 budgets run hot. Boats: EUR 9 of 10 (90%).',
  });
});

test.each([
  ['Send me an SMS that says hello', { call: 'send_sms', args: { message: 'hello' } }],
  [
    'Text +1 202 555 0199: hi there',
    { call: 'send_sms', args: { message: 'hi there', to: '+1 202 555 0199' } },
  ],
  [
    'How much did I spend on food this week?',
    { call: 'get_spending', args: { group_by: 'category', from: '2026-11-23', to: '2026-11-25' } },
  ],
  [
    'Where did I spend the most this month?',
    { call: 'get_spending', args: { group_by: 'merchant', from: '2026-11-01', to: '2026-11-25' } },
  ],
  [
    'What changed most compared to last month?',
    {
      call: 'get_spending',
      args: { group_by: 'category', from: '2026-11-01', to: '2026-11-25', compare_from: '2026-10-01' },
    },
  ],
  [
    'How much did I spend in the last months?',
    { call: 'get_spending', args: { group_by: 'month', from: '2026-01-01', to: '2026-11-25' } },
  ],
  [
    'Show my biggest purchases',
    { call: 'find_transactions', args: { from: '2026-11-01', to: '2026-11-25', sort: 'largest', limit: 10 } },
  ],
  ['What is the forecast?', { call: 'get_budget_status', args: {} }],
  [
    'Show my transactions this year',
    { call: 'find_transactions', args: { from: '2026-01-01', to: '2026-11-25', limit: 10 } },
  ],
])('"%s"', (order, step) => {
  expect(nextStep(turn(order))).toEqual(step);
});
