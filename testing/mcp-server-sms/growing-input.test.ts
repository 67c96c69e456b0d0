import { expect, test } from 'vitest';
import { alertText } from '../../mcp-server-sms/src/alert-text.ts';
import { readConfig } from '../../mcp-server-sms/src/config.ts';
import { bodyProblem } from '../../mcp-server-sms/src/guards/text.ts';
import { parsePhone } from '../../mcp-server-sms/src/phone.ts';
import { check } from '../../mcp-server-sms/src/send/check.ts';
import { cost } from '../support/cost.ts';
import { smsVariables } from '../support/sms-http.ts';
import { withStandIn } from '../support/sms-server.ts';

const read = readConfig(smsVariables(new URL('http://127.0.0.1:9')));
if (!read.ok) throw new Error(read.problems.join());
const { config } = read;
const checked = (asked: Partial<Parameters<typeof check>[0]>) =>
  check({ body: 'text', ...asked }, config, new Date());

const PARTS = {
  'combining marks': '\u0301',
  'flags, half of one': '\u{1f1e8}',
  'joined emoji': '\u{1f468}\u200d',
  blanks: ' ',
  dots: 'a.',
  digits: '4 ',
  'marks that reorder': '\u202e',
  'the start of a token': 'eyJaaaaaaaa',
};

const rows = Object.entries(PARTS).flatMap(([what, part]) => {
  const grown = (size: number) => part.repeat(Math.ceil(size / part.length));
  return [
    { what: `a text of ${what}`, take: (size: number) => checked({ body: grown(size) }) },
    { what: `a recipient of ${what}`, take: (size: number) => checked({ to: `+${grown(size)}` }) },
    { what: `a key of ${what}`, take: (size: number) => checked({ idempotencyKey: grown(size) }) },
    { what: `a body of ${what}`, take: (size: number) => bodyProblem(grown(size), config) },
    { what: `a number of ${what}`, take: (size: number) => parsePhone(grown(size)) },
    {
      what: `a currency of ${what}`,
      take: (size: number) => alertText({ category: 'a', spent: 1, budget: 2, currency: grown(size) }),
    },
  ];
});

test.each(rows)('$what: ten times as much costs no more than about ten times', async ({ take }) => {
  const small = await cost(() => take(200_000));
  const large = await cost(() => take(2_000_000));
  expect(large).toBeLessThan(30 * Math.max(small, 10));
  expect(large).toBeLessThan(1_000);
});

test('a text that is too long is refused before it is measured, and is not given back', async () => {
  const { send, twilio } = await withStandIn();
  const began = performance.now();
  const result = await send('\u0301'.repeat(64_000));
  expect(performance.now() - began).toBeLessThan(2_000);
  expect(result).toMatchObject({
    status: 'refused',
    reason: 'the text has 64000 characters; the limit is 1600',
    segments: 0,
    body: '',
  });
  expect(twilio.inbox).toEqual([]);
});
