import { once } from 'node:events';
import { rmSync, symlinkSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { AuditLog } from '../../../agent/sandbox/audit/audit-log.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { hostileText, OBEYED_OR_HIDDEN } from '../../support/hostile-text.ts';
import { startTwilioStandIn, type TwilioStandIn } from '../twilio.ts';
import { FAULT_KINDS } from '../twilio-faults.ts';
import { MAX_STREAMS } from './streams.ts';

const ACCOUNT = { accountSid: `AC${'1'.repeat(32)}`, authToken: 'token' };
const BASIC = `Basic ${Buffer.from(`${ACCOUNT.accountSid}:${ACCOUNT.authToken}`).toString('base64')}`;
const [TO, FROM] = ['+12025550143', '+15005550006'];

async function standIn(): Promise<TwilioStandIn> {
  const twilio = await startTwilioStandIn(ACCOUNT);
  onTestFinished(() => twilio.close());
  return twilio;
}

const send = ({ url }: TwilioStandIn, body: string, to = TO) =>
  fetch(new URL(`/2010-04-01/Accounts/${ACCOUNT.accountSid}/Messages.json`, url), {
    method: 'POST',
    headers: { authorization: BASIC },
    body: new URLSearchParams({ To: to, From: FROM, Body: body }),
  }).catch(() => undefined);

const pageOf = async ({ url }: TwilioStandIn): Promise<string> => (await fetch(url)).text();

/** With any header at all, which `fetch` does not allow. */
async function ask({ url }: TwilioStandIn, path: string, headers: Record<string, string>, body?: string) {
  const method = body === undefined ? 'GET' : 'POST';
  const asked = request(new URL(path, url), { method, headers }).end(body);
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  onTestFinished(() => void answer.destroy());
  return answer;
}

const tokenOf = (page: string): string => /name="token" value="(\w+)"/.exec(page)?.[1] ?? '';

/** Presses a button, as the page does. */
async function press(twilio: TwilioStandIn, arm: string, more: Record<string, string> = {}) {
  const form = new URLSearchParams({ token: tokenOf(await pageOf(twilio)), arm, ...more });
  return ask(twilio, '/switches', { origin: twilio.url.origin }, String(form));
}

interface Told {
  readonly all: boolean;
  readonly gone: readonly string[];
  readonly changed: readonly { readonly id: string; readonly html: string }[];
}

/** What an open page is told, as it comes. */
async function follow(twilio: TwilioStandIn): Promise<{ told: Told[]; ended: Promise<unknown> }> {
  const answer = await ask(twilio, '/events', {});
  expect(answer.headers['content-type']).toBe('text/event-stream; charset=utf-8');
  const told: Told[] = [];
  let text = '';
  answer.setEncoding('utf8').on('data', (piece: string) => {
    const events = (text + piece).split('\n\n');
    text = events.pop() ?? '';
    told.push(...events.filter((one) => one.startsWith('data: ')).map((one) => JSON.parse(one.slice(6))));
  });
  answer.on('error', () => {});
  const ended = new Promise((resolve) => answer.on('close', resolve));
  await expect.poll(() => told.length).toBeGreaterThan(0);
  return { told, ended };
}

test('each text has its way, parts, encoding, number and end; the page says that nothing was sent', async () => {
  const twilio = await standIn();
  await send(twilio, 'plain');
  await send(twilio, `Grüezi 👋 ${'x'.repeat(80)}`);
  twilio.outcomes.setNext({ status: 'undelivered', errorCode: 30003 });
  await send(twilio, 'to a phone that is off');
  expect(await pageOf(twilio)).toContain('queued …');
  twilio.clock.advance(4_000);
  const page = await pageOf(twilio);
  for (const { sid, createdAt } of twilio.inbox) {
    expect(page).toContain(sid);
    expect(page).toContain(`<time datetime="${createdAt.toISOString()}">`);
  }
  for (const said of [
    'Nothing here was really sent',
    '2 texts on the phone, 1 lost',
    `from ${FROM} to ${TO}`,
    '1 part, GSM-7',
    '2 parts, UCS-2 for <q>👋</q>',
    '✓ delivered',
    '✕ undelivered: 30003, the phone was off or out of reach',
    ' UTC</time>',
    '<noscript><meta http-equiv="refresh" content="5"></noscript>',
  ])
    expect(page).toContain(said);
});

test('hostile texts are text, whatever they hold', async () => {
  const twilio = await standIn();
  const scripts = (text: string) => text.match(/<script/g)?.length;
  const before = scripts(await pageOf(twilio));
  await fc.assert(
    fc.asyncProperty(hostileText, async (text) => {
      await send(twilio, `<script>"'&${text}`);
      await send(twilio, text, `<script>${text}`);
    }),
    { numRuns: 20 },
  );
  await send(twilio, '\u0336'.repeat(1_600));
  const page = await pageOf(twilio);
  expect(scripts(page)).toBe(before);
  expect(page.slice(page.indexOf('<body>'))).not.toMatch(OBEYED_OR_HIDDEN);
});

test('the newest 100 texts and 50 stops are shown; equal stops are counted', async () => {
  const twilio = await standIn();
  for (let n = 0; n < 103; n += 1) await send(twilio, `text ${n}.`);
  for (let n = 0; n < 52; n += 1) await send(twilio, `stop ${n}.`, '+15005550001');
  await send(twilio, 'stop 51.', '+15005550001');
  const page = await pageOf(twilio);
  expect(page).toContain('3 earlier texts are not shown.');
  expect(page).not.toContain('>text 2.<');
  expect(page).toContain('>text 3.<');
  expect(page).not.toContain('stop 1.');
  expect(page).toContain('stop 2.');
  expect(page).toContain('</time>, 2 times');
  expect(page).toContain('103 texts on the phone, 53 attempts stopped');
});

test('what the stand-in refused or cut is stopped; what it spoilt afterwards arrived', async () => {
  const twilio = await standIn();
  await send(twilio, 'to nobody', '+15005550001');
  twilio.faults.next('reset-before');
  await send(twilio, 'cut');
  twilio.faults.next('5xx-after');
  await send(twilio, 'heard of an error');
  const page = await pageOf(twilio);
  expect(page).toMatch(/as Twilio would<\/p>\s*<p class="what">to \+15005550001: to nobody.*\s*.*21211: /);
  expect(page).toMatch(/as ordered<\/p>\s*<p class="what">to \+12025550143: cut<.*\s*.*Cut before/);
  expect(page).toMatch(/heard of an error<\/p>\s.*\s.*Fault in its answer: 500 after/);
});

test('an open page gets everything first, then what changes', async () => {
  const twilio = await standIn();
  await send(twilio, 'first');
  const { told } = await follow(twilio);
  expect(told[0]).toMatchObject({ all: true });
  await send(twilio, 'second');
  const [first, second] = twilio.inbox.map(({ sid }) => sid);
  const changes = () => told.slice(1).flatMap(({ changed }) => changed);
  await expect
    .poll(changes)
    .toContainEqual(
      expect.objectContaining({ id: second, list: 'texts', html: expect.stringContaining('>second<') }),
    );
  twilio.clock.advance(4_000);
  await expect
    .poll(changes)
    .toContainEqual(expect.objectContaining({ id: first, html: expect.stringContaining('✓ delivered') }));
  for (let n = 0; n < 99; n += 1) await send(twilio, 'more');
  await expect.poll(() => told.flatMap(({ gone }) => gone)).toContain(first);
});

test('100 pages come and go; too many at once are refused; the end of the stand-in ends them', async () => {
  const twilio = await standIn();
  for (let n = 0; n < 100; n += 1) {
    const answer = await ask(twilio, '/events', {});
    expect(answer.statusCode).toBe(200);
    answer.destroy();
    await new Promise((resolve) => answer.on('close', resolve));
  }
  const open: { ended: Promise<unknown> }[] = [];
  await expect.poll(async () => (await ask(twilio, '/events', {})).statusCode).toBe(200);
  for (let n = 1; n < MAX_STREAMS; n += 1) open.push(await follow(twilio));
  await expect.poll(async () => (await ask(twilio, '/events', {})).statusCode).toBe(503);
  await twilio.close();
  await Promise.all(open.map(({ ended }) => ended));
});

test('every fault has a button; each does what it says, until it is cleared', async () => {
  const twilio = await standIn();
  const page = await pageOf(twilio);
  const names = [...page.matchAll(/name="arm" value="([^"]+)"/g)].map(([, name = '']) => name);
  expect(names).toEqual(expect.arrayContaining([...FAULT_KINDS]));
  for (const kind of FAULT_KINDS) expect((await press(twilio, kind)).statusCode).toBe(303);
  expect(twilio.faults.armed.POST?.map(({ kind }) => kind)).toEqual(FAULT_KINDS);
  for (const name of names.filter((one) => /^(un|fail)/.test(one))) await press(twilio, name);
  expect(twilio.outcomes.next).toContainEqual({ status: 'failed', errorCode: 30008 });
  expect(await pageOf(twilio)).toContain('<li>Next POST: Cut after</li>');
  expect(await pageOf(twilio)).toContain('The next text ends failed (30008)');
  await press(twilio, 'clear');
  expect([twilio.faults.armed.POST, twilio.outcomes.next]).toEqual([[], []]);
  expect(await pageOf(twilio)).toContain('No fault is set');
});

test('an end is ordered for the next text alone, or for all to one recipient; earlier texts keep theirs', async () => {
  const twilio = await standIn();
  const ends = () => twilio.inbox.map((message) => twilio.outcomes.of(message).status);
  await send(twilio, 'a');
  await press(twilio, 'failed-30008');
  await send(twilio, 'b');
  await send(twilio, 'c');
  await press(twilio, 'undelivered-30003', { to: '+1 (202) 555-0143' });
  await send(twilio, 'd');
  await send(twilio, 'e', '+12025550144');
  expect(ends()).toEqual(['delivered', 'failed', 'delivered', 'undelivered', 'delivered']);
  await press(twilio, 'clear');
  await send(twilio, 'f');
  expect(ends()).toEqual(['delivered', 'failed', 'delivered', 'undelivered', 'delivered', 'delivered']);
  for (const wrong of [{ to: '<script>' }, { to: '0041' }])
    expect((await press(twilio, 'failed-30008', wrong)).statusCode).toBe(400);
  expect((await press(twilio, 'no such')).statusCode).toBe(400);
});

test('another page on this machine presses no button', async () => {
  const twilio = await standIn();
  const { host, origin, port } = twilio.url;
  const token = tokenOf(await pageOf(twilio));
  const form = (given: string) => String(new URLSearchParams({ token: given, arm: '429' }));
  for (const [headers, given] of [
    [{}, token],
    [{ origin: 'null' }, token],
    [{ origin: 'https://attacker.example' }, token],
    [{ origin: 'http://127.0.0.1:1' }, token],
    [{ origin: `http://localhost:${port}` }, token],
    [{ origin, 'sec-fetch-site': 'cross-site' }, token],
    [{ origin, 'sec-fetch-site': 'same-site' }, token],
    [{ origin: `http://attacker.example:${port}`, host: `attacker.example:${port}` }, token],
    [{ origin }, ''],
    [{ origin }, 'x'.repeat(32)],
    [{ origin }, `${token}0`],
  ] as const)
    expect((await ask(twilio, '/switches', headers, form(given))).statusCode, String(headers)).toBe(403);
  const long = await ask(twilio, '/switches', { origin }, `${form(token)}&x=${'x'.repeat(5_000)}`);
  expect(long.statusCode).toBe(403);
  expect(twilio.faults.armed.POST).toEqual([]);
  expect((await ask(twilio, '/switches', { host, origin }, form(token))).statusCode).toBe(303);
  expect(twilio.faults.armed.POST).toHaveLength(1);
});

test('another site reads nothing, by whatever name it reaches us, and frames nothing', async () => {
  const twilio = await standIn();
  const { port } = twilio.url;
  for (const host of [
    'attacker.example',
    `127.0.0.1.attacker.example:${port}`,
    'localhost.example',
    '10.0.0.1',
  ])
    for (const path of ['/', '/events'])
      expect((await ask(twilio, path, { host })).statusCode, host).toBe(403);
  for (const host of [`localhost:${port}`, `[::1]:${port}`, '127.0.0.1'])
    expect((await ask(twilio, '/', { host })).statusCode, host).toBe(200);
  const crossSite = { 'sec-fetch-site': 'cross-site', origin: 'https://attacker.example' };
  expect((await ask(twilio, '/events', crossSite)).statusCode).toBe(403);
  for (const path of ['/', '/events']) {
    const { headers } = await ask(twilio, path, {});
    expect(headers).not.toHaveProperty('access-control-allow-origin');
    expect(headers['cross-origin-resource-policy']).toBe('same-origin');
  }
  const policy = (await ask(twilio, '/', {})).headers['content-security-policy'];
  for (const part of [
    "default-src 'none'",
    "connect-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ])
    expect(policy).toContain(part);
  expect(policy).not.toContain('unsafe');
});

test('what SpendWise stopped is there, live', async () => {
  const twilio = await standIn();
  const stateDir = join(temporaryFolder(), 'state');
  twilio.watch(stateDir);
  const { told } = await follow(twilio);
  const log = AuditLog.ofNewRun(stateDir);
  onTestFinished(() => log.close());
  const reason = '<b>nobody allowed it</b>';
  log.append({ event: 'policy', server: 'sms', tool: 'send_sms', verdict: 'denied', reason });
  const changes = () =>
    told
      .slice(1)
      .flatMap(({ changed }) => changed.map(({ html }) => html))
      .join();
  await expect.poll(changes).toMatch(/Stopped by the tool policy[\s\S]*sms → send_sms[\s\S]*&lt;b&gt;nobody/);
  expect(changes()).toContain('No text on the phone, 1 attempt stopped');
});

test('the page says which log it could not read, for as long as it cannot', async () => {
  const twilio = await standIn();
  const stateDir = join(temporaryFolder(), 'state');
  twilio.watch(stateDir);
  AuditLog.ofNewRun(stateDir).close();
  const link = join(stateDir, 'audit', '2025.jsonl');
  symlinkSync('/etc/passwd', link);
  await expect
    .poll(() => pageOf(twilio))
    .toMatch(/Not all of them can be read: .*2025\.jsonl is a symbolic link/);
  expect(await pageOf(twilio)).not.toContain('root:');
  rmSync(link);
  await expect.poll(() => pageOf(twilio)).not.toContain('Not all of them');
});
