import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/folder.ts';
import { OWNER } from '../support/household.ts';
import { run } from '../support/run.ts';
import {
  faultyTwilio,
  NO_CAPS,
  programWithStandIn,
  SMS_BIN,
  SMS_ENV,
  smsProgram,
  withStandIn,
} from '../support/sms-server.ts';

const fifty = Array.from({ length: 50 }, (_, at) => at);
const count = (results: ({ status: string } | undefined)[]) =>
  Object.fromEntries(
    Object.entries(Object.groupBy(results, (each) => each?.status ?? 'none')).map(([status, of]) => [
      status,
      of?.length,
    ]),
  );

test.each(['SMS_MAX_PER_HOUR', 'SMS_MAX_PER_DAY', 'SMS_MAX_PER_RECIPIENT_PER_DAY'])(
  '50 parallel distinct sends with %s=7 make 7 POSTs',
  async (cap) => {
    const { twilio, send } = await withStandIn({ ...NO_CAPS, [cap]: '7' });
    const results = await Promise.all(fifty.map((at) => send(`text ${at}`)));
    expect(count(results)).toEqual({ queued: 7, refused: 43 });
    expect(results.find((each) => each?.status === 'refused')?.reason).toMatch(
      new RegExp(`^${cap} is 7 and used up; the next text is allowed at \\d{4}-`),
    );
    expect(twilio.inbox).toHaveLength(7);
  },
);

test('50 parallel identical sends make one POST', async () => {
  const { twilio, send } = await withStandIn();
  const results = await Promise.all(fifty.map(() => send('the same')));
  expect(count(results)).toEqual({ queued: 1, duplicate: 49 });
  expect(twilio.inbox).toHaveLength(1);
});

test('caps and dedupe hold after kill -9 and a restart, and across two processes', async () => {
  const twilio = await faultyTwilio({ post: () => 'none' });
  const env = {
    ...NO_CAPS,
    TWILIO_API_BASE_URL: twilio.url.origin,
    SMS_STATE_DIR: join(temporaryFolder(), 'state'),
    SMS_MAX_PER_HOUR: '10',
  };
  const first = await smsProgram(env);
  await Promise.all([first.send('the same'), first.send('text 0'), first.send('text 1')]);
  first.kill();

  const [second, third] = await Promise.all([smsProgram(env), smsProgram(env)]);
  const same = await Promise.all(fifty.map((at) => (at % 2 ? second : third).send('the same')));
  expect(count(same)).toEqual({ duplicate: 50 });
  expect(same[0]?.sid).toBe(twilio.accepted.find(({ body }) => body === 'the same')?.sid);

  const distinct = await Promise.all(fifty.map((at) => (at % 2 ? second : third).send(`text ${at}`)));
  // Three of the ten were sent before; two of the fifty are those.
  expect(count(distinct)).toEqual({ duplicate: 2, queued: 7, refused: 41 });
  expect(twilio.posts).toHaveLength(10);
});

test('two processes that send the same at once make one POST', async () => {
  const twilio = await faultyTwilio({ post: () => 'none' });
  const env = { ...NO_CAPS, TWILIO_API_BASE_URL: twilio.url.origin, SMS_STATE_DIR: temporaryFolder() };
  const servers = await Promise.all([smsProgram(env), smsProgram(env)]);
  for (let round = 0; round < 20; round += 1) {
    const results = await Promise.all(servers.map(({ send }) => send(`round ${round}`)));
    expect(count(results)).toEqual({ queued: 1, duplicate: 1 });
  }
  expect(twilio.posts).toHaveLength(20);
});

test('killed during the POST: the send is unknown, counts, is looked up, and never sent again', async () => {
  const twilio = await faultyTwilio({ post: (body) => (body === 'went out' ? 'accepted-drip' : 'drip') });
  const env = {
    TWILIO_API_BASE_URL: twilio.url.origin,
    SMS_STATE_DIR: temporaryFolder(),
    SMS_MAX_PER_HOUR: '2',
  };
  const first = await smsProgram(env);
  const [went, lost] = [first.send('went out').catch(() => 0), first.send('got lost').catch(() => 0)];
  await expect.poll(() => twilio.posts.length).toBe(2);
  first.kill();
  await Promise.all([went, lost]);

  const { send, call, client } = await smsProgram(env);
  const recent = async () => {
    const { contents } = await client.readResource({ uri: 'sms://messages/recent' });
    const { sends } = JSON.parse((contents[0] as { text: string }).text);
    return sends.map(({ status }: { status: string }) => status);
  };
  expect(await recent()).toEqual(['unknown', 'unknown']);
  expect(await send('a third')).toMatchObject({
    status: 'refused',
    reason: expect.stringMatching(/PER_HOUR/),
  });
  expect(await send('went out')).toMatchObject({ status: 'duplicate', sid: twilio.accepted[0]?.sid });
  expect(await send('got lost')).toMatchObject({
    status: 'duplicate',
    reason: expect.stringMatching(/the outcome is unknown/),
  });
  expect((await call('find_messages', {})).structuredContent).toMatchObject({
    outcome: 'ok',
    unknown_sends: 1,
    messages: [{ sid: twilio.accepted[0]?.sid, sent_here: true }],
  });
  expect(twilio.posts).toHaveLength(2);
});

test('an idempotency key is one intent', async () => {
  const { twilio, send } = await withStandIn({ SMS_DEDUPE_WINDOW: '0' });
  const first = await send('x', { idempotency_key: 'rent:2026-11' });
  expect(first).toMatchObject({ status: 'queued' });
  expect(await send('x', { idempotency_key: 'rent:2026-11' })).toMatchObject({
    status: 'duplicate',
    sid: first?.sid,
  });
  expect(await send('y', { idempotency_key: 'rent:2026-11' })).toMatchObject({
    status: 'refused',
    reason: expect.stringMatching(/another text/),
  });
  // Another key, and no window: another intent.
  expect(await send('x', { idempotency_key: 'rent:2026-12' })).toMatchObject({ status: 'queued' });
  for (const key of ['', 'a b', 'x'.repeat(65), 'ä', 'a\n'])
    expect(await send('z', { idempotency_key: key })).toMatchObject({ status: 'refused' });
  expect(twilio.inbox).toHaveLength(2);
});

test('within the window the same text goes out once, under any key', async () => {
  const { twilio, send, later } = await withStandIn({ SMS_DEDUPE_WINDOW: '2' });
  expect(await send('x', { idempotency_key: 'a' })).toMatchObject({ status: 'queued' });
  expect(await send('x', { idempotency_key: 'b' })).toMatchObject({ status: 'duplicate' });
  later(2_200);
  expect(await send('x')).toMatchObject({ status: 'queued' });
  expect(twilio.inbox).toHaveLength(2);
});

test('a dry run says what would happen, and takes no place', async () => {
  const SMS_STATE_DIR = temporaryFolder();
  const { send, client } = await withStandIn({ SMS_DRY_RUN: '1', SMS_STATE_DIR, SMS_MAX_PER_HOUR: '1' });
  expect([await send('x'), await send('x')]).toMatchObject([{ status: 'dry_run' }, { status: 'dry_run' }]);
  await client.close();
  const real = await withStandIn({ SMS_STATE_DIR, SMS_MAX_PER_HOUR: '1' });
  expect(await real.send('x')).toMatchObject({ status: 'queued' });
});

test('the kill switch stops every send at once: a file needs no restart', async () => {
  const SMS_STATE_DIR = temporaryFolder();
  const { send, twilio } = await withStandIn({ SMS_STATE_DIR });
  expect(await send('a')).toMatchObject({ status: 'queued' });
  writeFileSync(join(SMS_STATE_DIR, 'STOP'), '');
  expect(await send('b')).toMatchObject({ status: 'refused', reason: expect.stringMatching(/STOP/) });
  rmSync(join(SMS_STATE_DIR, 'STOP'));
  expect(await send('b')).toMatchObject({ status: 'queued' });
  expect(twilio.inbox).toHaveLength(2);
  const off = await withStandIn({ SMS_KILL_SWITCH: '1' });
  expect(await off.send('a')).toMatchObject({
    status: 'refused',
    reason: expect.stringMatching(/KILL_SWITCH/),
  });
});

test('keeps state readable by its owner only, without numbers or texts', async () => {
  const folder = join(temporaryFolder(), 'made', 'here');
  const { send, client } = await programWithStandIn({ SMS_STATE_DIR: folder });
  await send('a very private text', { idempotency_key: 'a-private-key' });
  await client.close();
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  const files = readdirSync(folder);
  expect(files).toEqual(expect.arrayContaining(['key', 'sends.db']));
  const all = files.map((file) => readFileSync(join(folder, file), 'latin1')).join('');
  for (const file of files) expect(statSync(join(folder, file)).mode & 0o777, file).toBe(0o600);
  for (const plain of [OWNER, OWNER.slice(1), 'private', SMS_ENV.TWILIO_AUTH_TOKEN])
    expect(all).not.toContain(plain);
});

test('without SMS_STATE_DIR it says that it will forget', async () => {
  const { stderr } = await programWithStandIn();
  expect(stderr()).toMatch(/note: SMS_STATE_DIR is not set/);
});

test.each<[string, (folder: string) => void]>([
  ['a file that is no database', (folder) => writeFileSync(join(folder, 'sends.db'), 'x'.repeat(5000))],
  ['a damaged key', (folder) => writeFileSync(join(folder, 'key'), 'short')],
  [
    'a file in place of the folder',
    (folder) => {
      rmSync(folder, { recursive: true });
      writeFileSync(folder, '');
    },
  ],
  [
    'a key that is lost',
    async (folder) => {
      chmodSync(folder, 0o700);
      await run(SMS_BIN, ['--forget-opt-out', OWNER], { env: { ...SMS_ENV, SMS_STATE_DIR: folder } });
      rmSync(join(folder, 'key'));
    },
  ],
])('%s: it does not start, and says why', async (_what, spoil) => {
  const folder = join(temporaryFolder(), 'state');
  mkdirSync(folder);
  await spoil(folder);
  const ran = await run(SMS_BIN, [], { env: { ...SMS_ENV, SMS_STATE_DIR: folder } });
  expect(ran).toMatchObject({ code: 4, stdout: '' });
  expect(ran.stderr).toMatch(/^error: .*\n {2}SMS_STATE_DIR: cannot be used: .*\nhint: .*\n$/);
});

test('refuses a send that cannot be recorded', async () => {
  const folder = temporaryFolder();
  const { send, twilio } = await withStandIn({ SMS_STATE_DIR: folder });
  const { DatabaseSync } = await import('node:sqlite');
  const other = new DatabaseSync(join(folder, 'sends.db'));
  other.exec('BEGIN IMMEDIATE');
  expect(await send('x')).toMatchObject({
    status: 'refused',
    reason: expect.stringMatching(/SMS_STATE_DIR/),
  });
  other.exec('ROLLBACK');
  other.close();
  expect(await send('x')).toMatchObject({ status: 'queued' });
  expect(twilio.inbox).toHaveLength(1);
});
