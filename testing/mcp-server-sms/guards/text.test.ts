import { describe, expect, test } from 'vitest';
import { findSecret } from '../../../mcp-server-sms/src/guards/secrets.ts';
import { bodyProblem, stripReordering } from '../../../mcp-server-sms/src/guards/text.ts';
import { findUrl } from '../../../mcp-server-sms/src/guards/urls.ts';
import { measure } from '../../../mcp-server-sms/src/text.ts';
import { cost } from '../../support/cost.ts';

const rules = {
  allowUrls: false,
  allowSecrets: false,
  accountSid: `AC${'1'.repeat(32)}`,
  credentials: { username: `AC${'1'.repeat(32)}`, password: 'hunter-two-plain' },
};

test.each([
  'see https://example.com/a',
  'HTTP://EXAMPLE.COM',
  'ftp://10.0.0.1/x',
  'intent://scan#x',
  'javascript:alert(1)',
  'mailto:a@example.com',
  'write to a@example.com',
  'www.example.com',
  'example.com',
  'pay at paypa1-secure.ru/login',
  'bit.ly/3xYz',
  'bit.ly',
  't.co/a',
  'Evil.Com',
  'EVIL.COM',
  'go to evil.com.',
  'evil.com.Thanks for all',
  '(evil.com)',
  'evil.co.uk',
  'пример.рф',
  'xn--e1afmkfd.xn--p1ai',
  'münchen.de',
  'ｅｖｉｌ．ｃｏｍ',
  'evil。com',
  'evil\u200b.com',
  'ev\u00adil.com',
  'evil.\u3164com',
  'http://192.168.1.1:8080/',
  '192.168.1.1',
  '8.8.8.8:53/x',
  'http://[::1]/',
  'localhost://x',
  'evil.zip',
  'user:pw@evil.com',
  'Refund: i❤.ws',
  'Refund: i❤️.ws',
  '👍🏽.ws/a',
  `${'a.'.repeat(200)}evil.com`,
  `${'x'.repeat(70)}.evil.com`,
])('%s is a web address', (text) => {
  expect(findUrl(text)).toBeTypeOf('string');
});

test.each([
  'CHF 3.50',
  'e.g. this, i.e. that, z.B. dies',
  'U.S.A. and U.K.',
  'Food.Transport',
  'version 2.3.1 and v1.2.3-beta',
  'on 12.03.2026 at 18.30',
  '1.234.567,89',
  '1.234.567.890',
  'CHF 95/80 (119%)',
  'Bills & Utilities: 3/4',
  'wait... what?!',
  'a.m. and p.m.',
  'Dr.Smith',
  'Nr.5',
  'ratio 16:9, score 3:2',
  'to: you',
  'data: none',
  'Note: https is good',
  '[!!] SpendWise: Food & Dining\nCHF 135/150 (90%)',
  'שלום, מה שלומך? 3.5 ש"ח',
  '10.000.000.000',
  '256.1.1.1',
  'Done 👍.Thanks',
])('%s is not', (text) => {
  expect(findUrl(text)).toBeUndefined();
});

test.each([
  ['sk-proj-abcDEF123456', 'API key'],
  ['key sk_live_51H8xyzABCDEF', 'API key'],
  ['AKIAIOSFODNN7EXAMPLE', 'API key'],
  [`ghp_${'a1B2'.repeat(9)}`, 'API key'],
  [`github_pat_${'a1B2'.repeat(9)}`, 'API key'],
  [`xoxb-${'1234567890-abc'}`, 'API key'],
  [`AIza${'SyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY'}`, 'API key'],
  ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmN', 'JSON Web Token'],
  ['-----BEGIN RSA PRIVATE KEY-----', 'private key'],
  [`AC${'0a'.repeat(16)}`, 'Twilio'],
  ['9f86d081884c7d659a2feaa0c55ad015', 'key or a token'],
  ['dGhpcyBpcyBub3QgYSB3b3JkIGF0IGFsbA', 'key or a token'],
  ['kJ8sP2mQ9xR4vT7w', 'key or a token'],
  ['550e8400-e29b-41d4-a716-446655440000', 'UUID'],
  ['4111 1111 1111 1111', 'card number'],
  ['5555-5555-5555-4444', 'card number'],
  ['378282246310005', 'card number'],
  ['CH93 0076 2011 6238 5295 7', 'bank account'],
  ['DE89370400440532013000 please', 'bank account'],
  ['GB82 WEST 1234 5698 7654 32', 'bank account'],
  ['password: hunter2!', 'password'],
  ['Authorization: Bearer abcdefghijklmnop1', 'credential'],
])('%s is a secret', (text, what) => {
  expect(findSecret(`so ${text} it is`)).toContain(what);
});

test.each([
  'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft',
  'Rechtsschutzversicherungsgesellschaften',
  'Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz',
  'lentokonesuihkuturbiinimoottoriapumekaanikkoaliupseerioppilas',
  'epäjärjestelmällistyttämättömyydellänsäkäänköhän',
  'Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch',
  'pneumonoultramicroscopicsilicovolcanoconiosis',
  'RINDFLEISCHETIKETTIERUNG',
  'state-of-the-art-never-to-be-forgotten-once-in-a-lifetime-offer',
  'nooooooooooooooooooooooooooo',
  'hahahahahahahahahahahahahaha',
  'SpendWiseBudgetAlertForShoppingAndDining',
  'spend_wise_budget_alert_for_shopping',
  'Rechnung-2026-11-23-Nr-4711',
  'order 20261123000471 of 23.11.2026',
  'call +41 79 123 45 67 or 0041791234567',
  'ISBN 978-3-16-148410-0',
  'DE 2026 budget is 1500 of 2000',
  'A1 B2 C3 D4 E5 F6 G7 H8',
  'password: forgotten',
  'The secret: patience',
  '1234567890123456',
  'アイウエオカキクケコサシスセソタチツテト',
  'Konstantinopolitanischerdudelsackspfeifer2026',
])('%s is plain', (text) => {
  expect(findSecret(text)).toBeUndefined();
});

test.each(['a.', '1.', 'a-', '4 ', 'CH9', 'eyJ', 'sk-', 'a1', '\u200b', 'http:', '%.', '😀'])(
  '1,600 units of %j take no time',
  async (part) => {
    const text = part.repeat(800).slice(0, 1600);
    expect(await cost(() => bodyProblem(text, rules))).toBeLessThan(200);
  },
);

describe('a body', () => {
  test.each<[string, RegExp]>([
    ['', /empty/],
    [' \n ', /empty/],
    ['a\u0000b', /control/],
    ['a\rb', /control/],
    ['a\tb', /control/],
    ['a\u2028b', /control/],
    ['a\ud800b', /surrogate/],
    ['x'.repeat(1601), /1601 characters; the limit is 1600/],
    ['😀'.repeat(801), /1602 characters/],
    ['mine is hunter-two-plain', /own credentials/],
    ['see evil.com', /web address \(evil\.com\)/],
  ])('%j is refused', (body, reason) => {
    expect(bodyProblem(body, rules)).toMatch(reason);
  });

  test('its own credentials are refused even where secrets are allowed', () => {
    expect(bodyProblem('hunter-two-plain', { ...rules, allowSecrets: true })).toMatch(/own credentials/);
    expect(
      bodyProblem('4111 1111 1111 1111 at evil.com', { ...rules, allowSecrets: true, allowUrls: true }),
    ).toBe(undefined);
  });

  test('a secret is never repeated in the reason', () => {
    expect(bodyProblem('eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmN.com', rules)).not.toMatch(
      /eyJ/,
    );
  });

  test('right-to-left text is kept with its marks, what reorders text is stripped', () => {
    expect(stripReordering('שלום\u200f! \u202eabc\u202c \u2066x\u2069')).toBe('שלום\u200f! abc x');
    expect(bodyProblem('שלום\u200f, مرحبا', rules)).toBeUndefined();
  });
});

test.each([
  ['x'.repeat(160), 1, 'GSM-7'],
  ['x'.repeat(161), 2, 'GSM-7'],
  ['x'.repeat(1600), 11, 'GSM-7'],
  ['я'.repeat(70), 1, 'UCS-2'],
  [`${'я'.repeat(66)}😀${'я'.repeat(66)}`, 3, 'UCS-2'],
  [`${'x'.repeat(152)}€${'x'.repeat(152)}`, 3, 'GSM-7'],
])('%# takes its parts', (body, segments, encoding) => {
  expect(measure(body)).toEqual({ segments, encoding });
});
