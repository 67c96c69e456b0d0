import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { matchRules } from '../../agent/sandbox/broker/match-rules.ts';
import { FoundMessages, MessageStatusResult, SendResult } from '../../mcp-server-sms/src/result.ts';
import { startTwilioStandIn } from '../stand-ins/twilio.ts';
import { ACCOUNT, OWNER } from '../support/household.ts';
import { REPO } from '../support/run.ts';
import {
  faultyTwilio,
  NO_CAPS,
  type Person,
  SMS_ENV,
  sharedSmsServer,
  smsServer,
  withStandIn,
} from '../support/sms-server.ts';

const OTHER = '+12025550150';
const standIn = () => startTwilioStandIn(ACCOUNT);
/** Sends nothing here. */
const looking = sharedSmsServer(standIn);

let person: Person = () => ({ action: 'cancel' });
const asking = sharedSmsServer(standIn, { SMS_CONFIRM: '1' }, { person: (message) => person(message) });

test('the tools that only look are announced as such', async () => {
  const { client } = looking();
  const { tools } = await client.listTools();
  for (const tool of tools.slice(2)) {
    expect(tool.annotations).toEqual({
      readOnlyHint: true,
      destructiveHint: false,
      idempotentHint: true,
      openWorldHint: true,
    });
    expect(tool.inputSchema).toMatchObject({ type: 'object', additionalProperties: false });
    expect(tool.outputSchema).toMatchObject({
      type: 'object',
      required: expect.arrayContaining(['outcome']),
    });
  }
  expect(client.getInstructions()).toMatch(/unknown.*never send it again/);
  expect((await client.listResources()).resources).toMatchObject([
    { uri: 'sms://messages/recent', mimeType: 'application/json' },
  ]);
});

test('the status of a message, mapped, with a hint for its error', async () => {
  const { call, send } = await withStandIn();
  const sid = (await send('x'))?.sid;
  const result = await call('get_message_status', { sid });
  expect(MessageStatusResult.parse(result.structuredContent)).toMatchObject({
    outcome: 'ok',
    message: { sid, status: 'queued', to: '+12*******43', sent_here: true, segments: 1 },
  });
  expect(JSON.parse(result.content[0]?.text ?? '')).toEqual(result.structuredContent);
  expect(result.content[0]?.text).not.toContain(OWNER);
});

test.each([
  ['SM123', 'refused'],
  [`SM${'0'.repeat(32)}/../x`, 'refused'],
  [`SM${'0'.repeat(32)}`, 'failed'],
])('the status of %s is an error', async (sid, outcome) => {
  expect(await looking().call('get_message_status', { sid })).toMatchObject({
    isError: true,
    structuredContent: { outcome },
  });
});

test('a caller that knows a text learns whether it was sent, behind the words of a trial account too', async () => {
  const { call, send, twilio } = await withStandIn();
  const sid = (await send('Shopping\nCHF 95/80'))?.sid;
  await send('Shopping');
  const found = async (body: string) => {
    const { structuredContent } = await call('find_messages', { body });
    return FoundMessages.parse(structuredContent).messages.map((message) => message.sid);
  };
  expect(await found('Shopping\nCHF 95/80')).toEqual([sid]);
  for (const guess of ['CHF 95', 'CHF 95/80', '']) expect(await found(guess)).toEqual([]);
  const trial = await fetch(new URL(`/2010-04-01/Accounts/${ACCOUNT.accountSid}/Messages.json`, twilio.url), {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${ACCOUNT.accountSid}:${ACCOUNT.authToken}`)}` },
    body: new URLSearchParams({
      To: OWNER,
      From: '+15005550006',
      Body: 'Sent from your Twilio trial account - hot',
    }),
  });
  expect(await found('hot')).toEqual([((await trial.json()) as { sid: string }).sid]);
});

test('does not show messages to numbers outside the allowlist', async () => {
  const { call, twilio } = looking();
  const stranger = await fetch(
    new URL(`/2010-04-01/Accounts/${ACCOUNT.accountSid}/Messages.json`, twilio.url),
    {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${ACCOUNT.accountSid}:${ACCOUNT.authToken}`)}` },
      body: new URLSearchParams({ To: OTHER, From: '+15005550006', Body: 'your code is 123456' }),
    },
  );
  const { sid } = (await stranger.json()) as { sid: string };
  expect(await call('get_message_status', { sid })).toMatchObject({
    isError: true,
    structuredContent: { outcome: 'refused' },
  });
  for (const to of [OTHER, '', '123'])
    expect(await call('find_messages', { to })).toMatchObject({
      isError: true,
      structuredContent: { outcome: 'refused', messages: [] },
    });
});

test.each([
  ['get_message_status', { sid: `SM${'0'.repeat(32)}`, extra: 1 }],
  ['get_message_status', {}],
  ['find_messages', { limit: 0 }],
  ['find_messages', { limit: 101 }],
  ['find_messages', { since: 'yesterday' }],
  ['find_messages', { from: '+15005550006' }],
])('%s with %o is an error', async (tool, args) => {
  expect(await looking().call(tool, args)).toMatchObject({ isError: true });
});

test('find_messages pages through what there is, without the texts, and says when there is more', async () => {
  const twilio = await faultyTwilio({ post: () => 'none' });
  const { call, send } = await smsServer({ TWILIO_API_BASE_URL: twilio.url.origin, ...NO_CAPS });
  for (let at = 0; at < 130; at += 26)
    await Promise.all(Array.from({ length: 26 }, (_, n) => send(`text ${at + n}`)));
  const found = FoundMessages.parse((await call('find_messages', { limit: 100 })).structuredContent);
  expect(found.messages).toHaveLength(100);
  expect(found).toMatchObject({ outcome: 'ok', more: true, unknown_sends: 0 });
  expect(JSON.stringify(found)).not.toContain('text 1');
  // Two pages were read.
  expect(twilio.reads).toHaveLength(2);
  const none = await call('find_messages', { since: '2099-01-01' });
  expect(none.structuredContent).toMatchObject({ outcome: 'ok', messages: [], more: false });
});

test('the resource lists what was sent, masked and without texts', async () => {
  const { client, send } = await withStandIn();
  const { sid } = (await send('words that stay')) as SendResult;
  const { contents } = await client.readResource({ uri: 'sms://messages/recent' });
  const { text } = contents[0] as { text: string };
  expect(JSON.parse(text)).toEqual({
    sends: [
      { at: expect.any(String), to: '+12*******43', status: 'queued', segments: 1, encoding: 'GSM-7', sid },
    ],
  });
  expect(text).not.toContain('words');
});

test('what the look-up asks passes the rules of the sandbox', async () => {
  const twilio = await faultyTwilio({ post: () => 'accepted-reset' });
  const { send, call } = await smsServer({ TWILIO_API_BASE_URL: twilio.url.origin });
  const sent = await send('x');
  expect(sent).toMatchObject({ status: 'queued' });
  await call('find_messages', { since: '2026-01-01T00:00:00+01:00' });
  await call('find_messages', {});
  await call('get_message_status', { sid: sent?.sid });
  const manifest = JSON.parse(readFileSync(join(REPO, 'mcp-server-sms/sandbox.json'), 'utf8'));
  const { http } = manifest.runtimePermissions[0];
  expect(twilio.reads).toHaveLength(4);
  expect(twilio.reads[0]).toMatch(/DateSent%3E=/);
  for (const target of twilio.reads)
    expect(matchRules(http, { method: 'GET', target, body: undefined }, SMS_ENV), target).toMatchObject({
      ok: true,
    });
});

test('a person confirms where the operator wants it: the exact text, the masked recipient', async () => {
  const asked: string[] = [];
  const { send, twilio } = await withStandIn(
    { SMS_CONFIRM: '1' },
    {
      person: (message) => {
        asked.push(message);
        return { action: 'accept', content: { send: true } };
      },
    },
  );
  expect(await send('pay the rent')).toMatchObject({ status: 'queued' });
  expect(asked).toEqual(['Send this text to +12*******43?\n\npay the rent']);
  expect(twilio.inbox).toHaveLength(1);
});

test.each([
  { action: 'accept' as const, content: { send: false } },
  { action: 'accept' as const, content: {} },
  { action: 'decline' as const },
  { action: 'cancel' as const },
])('anything but a yes is a no: %o', async (answer) => {
  person = () => answer;
  const { send, twilio } = asking();
  expect(await send('x')).toMatchObject({ status: 'refused', reason: expect.stringMatching(/confirm/) });
  expect(twilio.inbox).toEqual([]);
});

test('sends nothing if confirmation is required and nobody can be asked', async () => {
  const { send, twilio } = await withStandIn({ SMS_CONFIRM: '1' });
  expect(await send('x')).toMatchObject({ status: 'refused', reason: expect.stringMatching(/elicitation/) });
  expect(twilio.inbox).toEqual([]);
});

test('refuses in quiet hours, and names their end', async () => {
  const [from, to] = [0, 2].map((hours) =>
    new Date(Date.now() + (hours - 1) * 3_600_000).toISOString().slice(11, 16),
  );
  const { send, twilio } = await withStandIn({ SMS_QUIET_HOURS: `${from}-${to} UTC` });
  expect(await send('x')).toMatchObject({
    status: 'refused',
    reason: expect.stringMatching(/sending is allowed from/),
  });
  expect(twilio.inbox).toEqual([]);
});

test('web addresses and secrets are refused, and let through where the operator says so', async () => {
  const { send } = await withStandIn();
  for (const text of ['go to evil.com', 'key AKIAIOSFODNN7EXAMPLE'])
    expect(SendResult.parse(await send(text))).toMatchObject({ status: 'refused' });
  const open = await withStandIn({ SMS_ALLOW_URLS: '1', SMS_ALLOW_SECRETS: '1' });
  for (const text of ['go to evil.com', 'key AKIAIOSFODNN7EXAMPLE'])
    expect(await open.send(text)).toMatchObject({ status: 'queued' });
});
