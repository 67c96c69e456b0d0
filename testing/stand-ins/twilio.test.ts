import { expect, onTestFinished, test } from 'vitest';
import { type StandInOptions, startTwilioStandIn, type TwilioStandIn } from './twilio.ts';
import { FAULT_KINDS, type FaultKind } from './twilio-faults.ts';
import { operationOf, problemsOf } from './twilio-openapi.ts';

const ACCOUNT = { accountSid: `AC${'1'.repeat(32)}`, authToken: 'token' };
const BASIC = `Basic ${Buffer.from(`${ACCOUNT.accountSid}:${ACCOUNT.authToken}`).toString('base64')}`;
const MESSAGES = `/2010-04-01/Accounts/${ACCOUNT.accountSid}/Messages.json`;
const [TO, FROM] = ['+12025550143', '+15005550006'];

async function standIn(options?: StandInOptions) {
  const twilio = await startTwilioStandIn(ACCOUNT, options);
  onTestFinished(() => twilio.close());
  return twilio;
}

interface Answered {
  readonly status: number;
  readonly headers: Headers;
  // The shape is what these tests are about.
  readonly body: Record<string, unknown>;
}

async function raw(twilio: TwilioStandIn, method: string, path: string, form?: Record<string, string>) {
  const answer = await fetch(new URL(path, twilio.url), {
    method,
    headers: { authorization: BASIC },
    body: form ? new URLSearchParams(form) : null,
    signal: AbortSignal.timeout(60_000),
  });
  const body = (await answer.json()) as Record<string, unknown>;
  return { status: answer.status, headers: answer.headers, body } satisfies Answered;
}

/** Every answer that is no error is held against Twilio's own description. */
async function call(...request: Parameters<typeof raw>): Promise<Answered> {
  const answered = await raw(...request);
  const operation = operationOf(request[1], new URL(request[2], request[0].url).pathname);
  if (answered.status < 400 && operation !== undefined)
    expect(problemsOf(operation, answered.status, answered.body)).toEqual([]);
  return answered;
}
const TEXT = { To: TO, From: FROM, Body: 'x' };
const postRaw = (twilio: TwilioStandIn) => raw(twilio, 'POST', MESSAGES, TEXT);
const post = (twilio: TwilioStandIn, more: Record<string, string> = {}) =>
  call(twilio, 'POST', MESSAGES, { ...TEXT, ...more });
const fetchOne = async (twilio: TwilioStandIn, sid: unknown) =>
  (await call(twilio, 'GET', MESSAGES.replace('.json', `/${sid}.json`))).body;
const bodies = ({ body }: Answered) => (body.messages as { body: string }[]).map((m) => m.body);

test('the description itself refuses what is not an answer of Twilio', async () => {
  const { body } = await post(await standIn());
  for (const wrong of [
    { ...body, sid: 'SM1' },
    { ...body, status: 'on its way' },
    { ...body, num_segments: 1 },
    { ...body, date_created: '2026-11-23T10:00:00Z' },
    { ...body, extra: 1 },
    (({ uri: _, ...rest }) => rest)(body),
    {},
  ])
    expect(problemsOf('CreateMessage', 201, wrong), JSON.stringify(wrong)).not.toEqual([]);
  expect(problemsOf('CreateMessage', 200, body)).toEqual(['CreateMessage has no answer 200']);
});

test('a text moves from queued to delivered, and each step is as Twilio describes it', async () => {
  const twilio = await standIn();
  const { sid, status, date_sent } = (await post(twilio)).body;
  expect({ status, date_sent }).toEqual({ status: 'queued', date_sent: null });
  const steps: unknown[] = [];
  for (const ms of [600, 500, 2_500]) {
    twilio.clock.advance(ms);
    steps.push((await fetchOne(twilio, sid)).status);
  }
  expect(steps).toEqual(['sending', 'sent', 'delivered']);
  expect(await fetchOne(twilio, sid)).toMatchObject({ error_code: null, date_sent: expect.any(String) });
});

test.each([
  ['undelivered', 30003, expect.any(String)],
  ['failed', 30007, null],
] as const)(
  'a text may end %s, with an error that the POST did not know',
  async (status, errorCode, sent) => {
    const twilio = await standIn();
    twilio.outcomes.set(TO, { status, errorCode });
    const { sid, ...posted } = (await post(twilio)).body;
    expect(posted).toMatchObject({ status: 'queued', error_code: null });
    twilio.clock.advance(5_000);
    expect(await fetchOne(twilio, sid)).toMatchObject({ status, error_code: errorCode, date_sent: sent });
  },
);

test('a Messaging Service accepts first, and picks its sender later', async () => {
  const twilio = await standIn();
  const service = `MG${'a'.repeat(32)}`;
  const form = { To: TO, MessagingServiceSid: service, Body: 'x' };
  const { body } = await call(twilio, 'POST', MESSAGES, form);
  expect(body).toMatchObject({ status: 'accepted', from: null, num_segments: '0' });
  twilio.clock.advance(300);
  expect(await fetchOne(twilio, body.sid)).toMatchObject({ status: 'queued', from: FROM, num_segments: '1' });
});

test('lists are newest first, and pages stay in step while texts arrive', async () => {
  const twilio = await standIn();
  for (let n = 0; n < 5; n += 1) await post(twilio, { Body: String(n) });
  const first = await call(twilio, 'GET', `${MESSAGES}?To=${encodeURIComponent(TO)}&PageSize=2`);
  expect(first.body).toMatchObject({ page: 0, start: 0, end: 1, previous_page_uri: null });
  expect(bodies(first)).toEqual(['4', '3']);
  await post(twilio, { Body: 'late' });
  const second = await call(twilio, 'GET', String(first.body.next_page_uri));
  expect(bodies(second)).toEqual(['2', '1']);
  const third = await call(twilio, 'GET', String(second.body.next_page_uri));
  expect(bodies(third)).toEqual(['0']);
  expect(third.body.next_page_uri).toBeNull();
  expect(bodies(await call(twilio, 'GET', String(third.body.previous_page_uri)))).toEqual(['2', '1']);
  expect(bodies(await call(twilio, 'GET', `${MESSAGES}?From=%2B15005550001`))).toEqual([]);
});

test('lists are bounded by when a text was sent', async () => {
  const twilio = await standIn();
  await post(twilio, { Body: 'old' });
  twilio.clock.advance(3 * 86_400_000);
  await post(twilio, { Body: 'new' });
  const now = twilio.clock.now();
  const at = (ms: number) => new Date(now.getTime() + ms).toISOString();
  const list = async (name: string, value: string) =>
    bodies(await call(twilio, 'GET', `${MESSAGES}?${new URLSearchParams({ [name]: value })}`));
  expect(await list('DateSent>', at(-60_000))).toEqual(['new']);
  expect(await list('DateSent>', at(60_000))).toEqual([]);
  expect(await list('DateSent<', at(-60_000))).toEqual(['old']);
  expect(await list('DateSent', at(0).slice(0, 10))).toEqual(['new']);
  const { status, body } = await call(twilio, 'GET', `${MESSAGES}?DateSent%3E=yesterday`);
  expect({ status, code: body.code }).toEqual({ status: 400, code: 20001 });
});

const before: readonly FaultKind[] = ['429', '429-retry-after', '5xx-before', 'reset-before'];
test.each(FAULT_KINDS)('%s: the text is accepted once, or not at all', async (kind) => {
  const twilio = await standIn();
  twilio.faults.next({ kind, ms: kind === 'late' ? 50 : 1 });
  const heard = await postRaw(twilio).then(
    ({ status, body }) => ({ status, sid: body.sid }),
    () => undefined,
  );
  expect(twilio.inbox).toHaveLength(before.includes(kind) ? 0 : 1);
  if (kind.startsWith('reset') || kind === 'bad-json' || kind === 'empty-201') expect(heard).toBeUndefined();
  if (kind === 'slow-drip' || kind === 'late') expect(heard?.sid).toBe(twilio.inbox[0]?.sid);
  await post(twilio);
  expect(twilio.inbox).toHaveLength(before.includes(kind) ? 1 : 2);
  expect([...twilio.faults.given]).toEqual([[kind, 1]]);
});

test('a 429 says how long to wait, or does not; a 5xx is the one asked for', async () => {
  const twilio = await standIn();
  twilio.faults.next({ kind: '429-retry-after', retryAfter: 7 });
  twilio.faults.next('429');
  twilio.faults.next({ kind: '5xx-before', status: 503 });
  const answers = [await post(twilio), await post(twilio), await post(twilio)];
  expect(answers.map(({ status, headers }) => [status, headers.get('retry-after')])).toEqual([
    [429, '7'],
    [429, null],
    [503, null],
  ]);
  expect(answers[0]?.body).toMatchObject({ code: 20429, status: 429 });
});

test('a fault for GETs leaves POSTs alone, and a refusal is not hidden by one', async () => {
  const twilio = await standIn();
  twilio.faults.next('5xx-after', 1, 'GET');
  expect((await post(twilio)).status).toBe(201);
  expect((await call(twilio, 'GET', MESSAGES)).status).toBe(500);
  twilio.faults.next('empty-object-201');
  expect((await post(twilio, { To: '+15005550001' })).body.code).toBe(21211);
});

test('random faults come as often as asked, and the same seed gives the same', async () => {
  const kinds = async (seed: number) => {
    const twilio = await standIn();
    twilio.faults.random({ rates: { '429': 0.3, 'empty-object-201': 0.2 }, seed });
    const statuses: unknown[] = [];
    for (let n = 0; n < 60; n += 1) {
      const { status, body } = await postRaw(twilio);
      statuses.push(status === 201 && body.sid === undefined ? 'empty' : status);
    }
    return statuses;
  };
  const [one, again, other] = [await kinds(1), await kinds(1), await kinds(2)];
  expect(again).toEqual(one);
  expect(other).not.toEqual(one);
  expect(one.filter((status) => status === 429).length).toBeGreaterThan(8);
  expect(one.filter((status) => status === 'empty').length).toBeGreaterThan(4);
});

test('another process may steer it, where that was switched on, with the account', async () => {
  const order = (twilio: TwilioStandIn, authorization: string, body: unknown) =>
    fetch(new URL('/stand-in', twilio.url), {
      method: 'POST',
      headers: { authorization },
      body: JSON.stringify(body),
    });
  const closed = await standIn();
  expect((await order(closed, BASIC, { advanceMs: 1 })).status).toBe(404);
  const twilio = await standIn({ control: true });
  expect((await order(twilio, 'Basic eA==', { advanceMs: 1 })).status).toBe(404);
  expect((await order(twilio, BASIC, { next: { kind: 'no such' } })).status).toBe(400);
  await order(twilio, BASIC, {
    next: { kind: '429', count: 2 },
    outcome: { to: TO, status: 'failed', errorCode: 30008 },
  });
  expect([(await post(twilio)).status, (await post(twilio)).status]).toEqual([429, 429]);
  const { sid } = (await post(twilio)).body;
  await order(twilio, BASIC, { advanceMs: 5_000, random: { rates: { '429': 1 }, seed: 1 } });
  expect(await fetchOne(twilio, sid)).toMatchObject({ status: 'failed', error_code: 30008 });
  expect((await post(twilio)).status).toBe(429);
  await order(twilio, BASIC, { clear: true });
  expect((await post(twilio)).status).toBe(201);
  const seen = await fetch(new URL('/stand-in', twilio.url), { headers: { authorization: BASIC } });
  expect(await seen.json()).toMatchObject({ accepted: [{ sid, to: TO }, {}], faults: { '429': 3 } });
});

test('a caller is told how far each POST has come, and the POST waits', async () => {
  const stages: string[] = [];
  const twilio = await standIn({
    onPost: async (stage) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      stages.push(`${stage} ${twilio.inbox.length}`);
    },
  });
  await post(twilio);
  await expect.poll(() => stages).toEqual(['arrived 0', 'accepted 1', 'answered 1']);
  twilio.faults.next('5xx-before');
  await postRaw(twilio);
  await expect.poll(() => stages.slice(3)).toEqual(['arrived 1', 'answered 1']);
});
