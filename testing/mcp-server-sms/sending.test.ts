import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TIMING } from '../../mcp-server-sms/src/send/timing.ts';
import { retryAfterMs } from '../../mcp-server-sms/src/twilio/retry.ts';
import { type Fault, startFaultyTwilio } from '../laboratory/sms-torture/faulty-twilio.ts';
import { temporaryFolder } from '../support/folder.ts';
import { ACCOUNT, OWNER } from '../support/household.ts';
import { run } from '../support/run.ts';
import {
  faultyTwilio,
  NO_CAPS,
  programWithStandIn,
  type ServerOptions,
  SMS_BIN,
  SMS_ENV,
  sharedSmsServer,
  smsProgram,
  smsServer,
  withStandIn,
} from '../support/sms-server.ts';

/** Faults in turn, then none. */
async function withFaults(faults: Fault[], env: Record<string, string> = {}, options?: ServerOptions) {
  const twilio = await faultyTwilio({ post: () => faults.shift() ?? 'none' });
  const whole = { TWILIO_API_BASE_URL: twilio.url.origin, ...NO_CAPS, ...env };
  return { twilio, ...(await smsServer(whole, options)) };
}

/** Each text has the fault of its name, once: what came of one can be told from the rest. */
const due = new Map<string, Fault>();
const faulty = sharedSmsServer(
  () =>
    startFaultyTwilio(ACCOUNT.accountSid, {
      post: (body) => {
        const fault = due.get(body) ?? 'none';
        due.delete(body);
        return fault;
      },
    }),
  NO_CAPS,
);
function withFault(fault: Fault) {
  const { send, twilio } = faulty();
  due.set(fault, fault);
  return {
    send: () => send(fault),
    posts: () => twilio.posts.filter((body) => body === fault).length,
    accepted: () => twilio.accepted.filter(({ body }) => body === fault),
  };
}

test.each<[Fault, number]>([
  ['429', 0],
  ['429-retry-after', 950],
  ['429-retry-at', 0],
])('%s is tried again, as nothing was sent', async (fault, atLeastMs) => {
  const { send, posts, accepted } = withFault(fault);
  const started = Date.now();
  expect(await send()).toMatchObject({ status: 'queued', sid: expect.stringMatching(/^SM/) });
  expect(Date.now() - started).toBeGreaterThanOrEqual(atLeastMs);
  expect([posts(), accepted().length]).toEqual([2, 1]);
});

test('429 again and again ends as failed, in a bounded number of attempts, and gives its place back', async () => {
  const { twilio, send } = await withFaults(Array(4).fill('429'), { SMS_MAX_PER_HOUR: '1' });
  expect(await send('x')).toMatchObject({ status: 'failed', error: { code: 20429, retryable: true } });
  expect(twilio.posts).toHaveLength(4);
  expect(await send('x')).toMatchObject({ status: 'queued' });
  expect(await send('y')).toMatchObject({
    status: 'refused',
    reason: expect.stringMatching(/SMS_MAX_PER_HOUR/),
  });
});

test.each<Fault>(['accepted-500', 'accepted-reset', 'accepted-bad-json', 'accepted-empty-201'])(
  '%s: one POST, and the look-up finds the message',
  async (fault) => {
    const { send, posts, accepted } = withFault(fault);
    // How far the message has come by then is the stand-in's clock's to say.
    const status = expect.stringMatching(/^(queued|sent|delivered)$/);
    expect(await send()).toMatchObject({ status, sid: accepted()[0]?.sid });
    expect(accepted()).toHaveLength(1);
    expect(posts()).toBe(1);
    expect(await send()).toMatchObject({ status: 'duplicate', sid: accepted()[0]?.sid });
    expect(posts()).toBe(1);
  },
);

test.each<Fault>(['500', 'reset', 'empty-201'])(
  '%s: one POST, unknown, and never sent again',
  async (fault) => {
    const { send, posts } = withFault(fault);
    expect(await send()).toMatchObject({ status: 'unknown', error: { retryable: false } });
    expect(await send()).toMatchObject({
      status: 'duplicate',
      reason: expect.stringMatching(/may have been sent/),
    });
    expect(posts()).toBe(1);
  },
);

test('does not match a message that may belong to another send', async () => {
  // Both texts are the same, on purpose; one of them went out.
  const { twilio, call } = await withFaults(['accepted-reset', 'reset'], { SMS_DEDUPE_WINDOW: '0' });
  const both = await Promise.all([1, 2].map(() => call('send_sms', { message: 'x' })));
  expect(both.map((each) => each.structuredContent?.status)).toEqual(['unknown', 'unknown']);
  expect(twilio.posts).toHaveLength(2);
});

test('a look-up matches the whole text: a longer one, or one sent before, is another', async () => {
  const { twilio, send, later } = await withFaults(['none', 'reset', 'reset'], { SMS_DEDUPE_WINDOW: '1' });
  await send('rent is due today, friend');
  expect(await send('rent is due')).toMatchObject({ status: 'unknown' });
  later(3_500);
  expect(await send('rent is due today, friend')).toMatchObject({ status: 'unknown' });
  expect(twilio.accepted).toHaveLength(1);
});

test('without a connection nothing was sent: tried again, and the place is free', async () => {
  const { send } = await smsServer({ TWILIO_API_BASE_URL: 'http://127.0.0.1:1', SMS_MAX_PER_HOUR: '1' });
  expect(await send('x')).toMatchObject({ status: 'failed', error: { kind: 'network', retryable: true } });
  expect(await send('y')).toMatchObject({ status: 'failed', error: { kind: 'network' } });
});

test('21610 is remembered, across a restart, until a person clears it', async () => {
  const to = '+15005550004';
  const SMS_STATE_DIR = join(temporaryFolder(), 'state');
  const first = await programWithStandIn({ SMS_ALLOWED_RECIPIENTS: to, SMS_STATE_DIR });
  expect(await first.send('x', { to })).toMatchObject({ status: 'failed', error: { code: 21610 } });
  await first.client.close();
  const second = await programWithStandIn({ SMS_ALLOWED_RECIPIENTS: to, SMS_STATE_DIR });
  expect(await second.send('y', { to })).toMatchObject({
    status: 'refused',
    reason: expect.stringMatching(/STOP/),
  });
  const ran = await run(SMS_BIN, ['--forget-opt-out', to], { env: { ...SMS_ENV, SMS_STATE_DIR } });
  expect(ran).toMatchObject({ code: 0, stderr: '+15*******04 gets texts again\n' });
  expect(await second.send('z', { to })).toMatchObject({ status: 'failed', error: { code: 21610 } });
});

test.each([[['--http-typo']], [['--forget-opt-out']], [['--forget-opt-out', '123']]])(
  'the arguments %j are an error, with exit code 2',
  async (args) => {
    expect(await run(SMS_BIN, args, { env: SMS_ENV })).toMatchObject({ code: 2, stdout: '' });
  },
);

test('cancelled while it waits to try again: nothing is sent', async () => {
  const { twilio, call, send } = await withFaults(['429-retry-after', '429-retry-after']);
  const controller = new AbortController();
  const cancelled = call('send_sms', { message: 'x' }, controller.signal).catch(() => 'cancelled');
  await expect.poll(() => twilio.posts.length).toBe(1);
  controller.abort();
  expect(await cancelled).toBe('cancelled');
  await new Promise((resolve) => setTimeout(resolve, 1500));
  expect([twilio.posts.length, twilio.accepted.length]).toEqual([1, 0]);
  // Its place was given back: the same text may go out.
  expect(await send('x')).toMatchObject({ status: 'queued' });
});

test('does not send again after a cancel during the POST', async () => {
  const { twilio, call, send } = await withFaults(['accepted-drip'], {}, { timing: TIMING });
  const controller = new AbortController();
  const cancelled = call('send_sms', { message: 'x' }, controller.signal).catch(() => 'cancelled');
  await expect.poll(() => twilio.posts.length).toBe(1);
  controller.abort();
  expect(await cancelled).toBe('cancelled');
  expect(await send('x')).toMatchObject({
    status: 'duplicate',
    reason: expect.stringMatching(/being sent now/),
  });
  expect(twilio.accepted).toHaveLength(1);
});

test('a send ends within 45 s though the answer never does', async () => {
  const drips: Fault[] = ['drip', 'accepted-drip'];
  const twilio = await faultyTwilio({ post: () => drips.shift() ?? 'none' });
  const silent = await faultyTwilio({ post: () => 'drip', get: () => true });
  const env = { SMS_DEDUPE_WINDOW: '0' };
  const servers = await Promise.all(
    [twilio, twilio, silent].map(({ url }) => smsServer({ TWILIO_API_BASE_URL: url.origin, ...env })),
  );
  // The server's own times; here it has a tenth of them, and `npm run soak` waits for all.
  expect(TIMING.post + TIMING.settle + TIMING.lookUp).toBeLessThan(45_000);
  const started = Date.now();
  const [first, second, third] = await Promise.all(servers.map(({ send }, at) => send(`text ${at}`)));
  expect(Date.now() - started).toBeLessThan(45_000);
  // Which of the two went out depends on which came first, and how far it has come on how long that took.
  const [found, ...others] = [first, second].filter((each) => each?.status !== 'unknown');
  expect(others).toEqual([]);
  expect(found).toMatchObject({
    status: expect.stringMatching(/^(queued|sent|delivered)$/),
    sid: twilio.accepted[0]?.sid,
  });
  expect(third?.status).toBe('unknown');
});

test('text goes out as it is but for what reorders it, which is removed and said', async () => {
  const { send, twilio } = await withStandIn();
  const result = await send('שלום \u202eabc\u202c');
  expect(result).toMatchObject({
    status: 'queued',
    body: 'שלום abc',
    reason: expect.stringMatching(/removed/),
  });
  expect(twilio.inbox.map(({ body }) => body)).toEqual(['שלום abc']);
});

test('1,600 units go out when the operator allows the parts, 1,601 never do', async () => {
  const { send, twilio } = await withStandIn({ SMS_MAX_SEGMENTS: '24' });
  expect(await send('x'.repeat(1600))).toMatchObject({ status: 'queued', segments: 11 });
  expect(await send('я'.repeat(1600))).toMatchObject({ status: 'queued', segments: 24, encoding: 'UCS-2' });
  expect(await send('x'.repeat(1601))).toMatchObject({ status: 'refused' });
  expect(twilio.inbox).toHaveLength(2);
});

test('no failure prints a secret, a recipient or a text', async () => {
  const text = 'quite a private text';
  const faults: Fault[] = ['429', '500', 'reset', 'accepted-bad-json', 'empty-201', 'none'];
  const TWILIO_API_SECRET = 'another-very-secret-value';
  const twilio = await faultyTwilio({ post: (body) => body.slice(text.length + 1) as Fault });
  const server = await smsProgram({
    ...NO_CAPS,
    TWILIO_API_BASE_URL: twilio.url.origin,
    TWILIO_API_KEY: `SK${'5'.repeat(32)}`,
    TWILIO_API_SECRET,
    SMS_STATE_DIR: join(temporaryFolder(), 's'),
  });
  const seen: string[] = [];
  for (const fault of faults) {
    const result = await server.call('send_sms', { message: `${text} ${fault}` });
    const status = await server.call('get_message_status', { sid: `SM${'0'.repeat(32)}` });
    const found = await server.call('find_messages', {});
    const { body: _, ...told } = result.structuredContent ?? {};
    seen.push(server.stderr(), JSON.stringify([told, status, found]));
  }
  expect(new Set(twilio.posts).size).toBe(faults.length);
  const basic = Buffer.from(`SK${'5'.repeat(32)}:${TWILIO_API_SECRET}`).toString('base64');
  for (const secret of [TWILIO_API_SECRET, ACCOUNT.authToken, basic, OWNER, text])
    expect(seen.join('\n')).not.toContain(secret);
});

test.each([
  ['0', 0],
  ['120', 120_000],
  ['Mon, 23 Nov 2026 07:00:30 GMT', 30_000],
  ['Mon, 23 Nov 2026 06:00:00 GMT', 0],
  ['-1', undefined],
  ['1.5', undefined],
  ['soon', undefined],
  ['', undefined],
  [undefined, undefined],
])('Retry-After: %s', (value, ms) => {
  expect(retryAfterMs(value, Date.parse('2026-11-23T07:00:00Z'))).toBe(ms);
});
