import { expect, test } from 'vitest';
import { torture } from '../laboratory/sms-torture/torture.ts';
import { judge } from '../laboratory/sms-torture/verdict.ts';

test('300 intents under faults and kill -9: none twice, none claimed that was not, none lost', async () => {
  const options = { sends: 300, seed: Date.now() % 2 ** 31, parallel: 30, killEveryMs: 1200, drips: false };
  const verdict = await torture(options);
  expect(verdict.violations, `seed ${options.seed}`).toEqual([]);
  expect(verdict.intents).toBe(300);
  expect(verdict.kills).toBeGreaterThan(0);
  expect(verdict.accepted).toBeGreaterThan(200);
});

test('the judge sees a text that went out twice, one that was claimed, and one that was denied', () => {
  const result = { to: '', segments: 1, encoding: 'GSM-7' as const, body: '' };
  const stored = { to: '', from: null, messagingServiceSid: null, createdAt: new Date() };
  const told = new Map([
    ['twice', [{ ...result, status: 'queued' as const, sid: 'SM1' }]],
    ['claimed', [{ ...result, status: 'sent' as const, sid: 'SM9' }]],
    ['denied', [{ ...result, status: 'failed' as const }]],
    ['fine', [undefined, { ...result, status: 'duplicate' as const, sid: 'SM4' }]],
  ]);
  const accepted = ['twice:SM1', 'twice:SM2', 'denied:SM3', 'fine:SM4', 'unasked:SM5'].map((text) => {
    const [body = '', sid = ''] = text.split(':');
    return { ...stored, body, sid };
  });
  const { violations } = judge(told, { accepted, posts: [] } as never);
  expect(violations.map((line) => line.split(':')[0])).toEqual([
    'twice',
    'claimed',
    'claimed',
    'denied',
    'unasked',
  ]);
});
