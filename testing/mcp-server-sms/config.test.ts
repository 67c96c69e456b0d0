import { expect, test } from 'vitest';
import { readConfig } from '../../mcp-server-sms/src/config.ts';
import { maskPhone, maskPhonesIn, parsePhone } from '../../mcp-server-sms/src/phone.ts';

const MG = `MG${'0'.repeat(32)}`;
const good = {
  TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
  TWILIO_AUTH_TOKEN: 'very-secret',
  TWILIO_PHONE_NUMBER: '+15005550006',
  NOTIFICATION_PHONE: '+41 79 123 45 67',
};

test('the four variables are enough, and only the owner is allowed', () => {
  const read = readConfig(good);
  expect(read).toMatchObject({
    ok: true,
    config: { defaultRecipient: '+41791234567', maxSegments: 4, dryRun: false },
  });
  expect(read.ok && [...read.config.allowedRecipients]).toEqual(['+41791234567']);
});

test('an API key stands in for the token, a Messaging Service for the number', () => {
  const { TWILIO_AUTH_TOKEN: _, TWILIO_PHONE_NUMBER: __, ...rest } = good;
  const key = {
    TWILIO_API_KEY: `SK${'0'.repeat(32)}`,
    TWILIO_API_SECRET: 's',
    TWILIO_MESSAGING_SERVICE_SID: MG,
  };
  expect(readConfig({ ...rest, ...key })).toMatchObject({
    ok: true,
    config: { sender: { messagingServiceSid: MG } },
  });
});

test.each<[string, Record<string, string>]>([
  ['TWILIO_ACCOUNT_SID', { TWILIO_ACCOUNT_SID: '' }],
  ['TWILIO_ACCOUNT_SID', { TWILIO_ACCOUNT_SID: `SK${'0'.repeat(32)}` }],
  ['TWILIO_ACCOUNT_SID', { TWILIO_ACCOUNT_SID: 'ACsecret' }],
  ['TWILIO_AUTH_TOKEN', { TWILIO_AUTH_TOKEN: '  ' }],
  ['TWILIO_API_SECRET', { TWILIO_API_KEY: `SK${'0'.repeat(32)}` }],
  ['TWILIO_API_KEY', { TWILIO_API_KEY: `AC${'0'.repeat(32)}`, TWILIO_API_SECRET: 'secret' }],
  ['TWILIO_API_KEY', { TWILIO_API_KEY: 'SKsecret', TWILIO_API_SECRET: 'secret' }],
  ['TWILIO_API_KEY', { TWILIO_API_SECRET: 'secret' }],
  ['TWILIO_AUTH_TOKEN', { TWILIO_AUTH_TOKEN: 'secret\nsecret' }],
  ['TWILIO_AUTH_TOKEN_FILE', { TWILIO_AUTH_TOKEN_FILE: '/any' }],
  ['TWILIO_AUTH_TOKEN_FILE', { TWILIO_AUTH_TOKEN: '', TWILIO_AUTH_TOKEN_FILE: '/nowhere/secret' }],
  ['TWILIO_AUTH_TOKEN_FILE', { TWILIO_AUTH_TOKEN: '', TWILIO_AUTH_TOKEN_FILE: '/' }],
  ['TWILIO_MESSAGING_SERVICE_SID', { TWILIO_MESSAGING_SERVICE_SID: 'MG1' }],
  ['SMS_MAX_PER_HOUR', { SMS_MAX_PER_HOUR: '-1' }],
  ['SMS_MAX_PER_DAY', { SMS_MAX_PER_DAY: '1e3' }],
  ['SMS_MAX_PER_RECIPIENT_PER_DAY', { SMS_MAX_PER_RECIPIENT_PER_DAY: '1.5' }],
  ['SMS_DEDUPE_WINDOW', { SMS_DEDUPE_WINDOW: '99999999' }],
  ['SMS_QUIET_HOURS', { SMS_QUIET_HOURS: '22-7' }],
  ['SMS_QUIET_HOURS', { SMS_QUIET_HOURS: '22:00-22:00' }],
  ['SMS_QUIET_HOURS', { SMS_QUIET_HOURS: '22:00-07:00 Europe/Nowhere' }],
  ['SMS_KILL_SWITCH', { SMS_KILL_SWITCH: 'on' }],
  ['SMS_CONFIRM', { SMS_CONFIRM: 'on' }],
  ['SMS_ALLOW_URLS', { SMS_ALLOW_URLS: 'on' }],
  ['SMS_ALLOW_SECRETS', { SMS_ALLOW_SECRETS: 'on' }],
  ['TWILIO_PHONE_NUMBER', { TWILIO_PHONE_NUMBER: '5005550006' }],
  ['NOTIFICATION_PHONE', { NOTIFICATION_PHONE: '+1' }],
  ['SMS_ALLOWED_RECIPIENTS', { SMS_ALLOWED_RECIPIENTS: '+41791234567,everyone' }],
  ['SMS_MAX_SEGMENTS', { SMS_MAX_SEGMENTS: 'many' }],
  ['SMS_DRY_RUN', { SMS_DRY_RUN: 'yes' }],
  ['TWILIO_REGION', { TWILIO_REGION: 'au1' }],
  ['TWILIO_EDGE', { TWILIO_EDGE: 'sydney' }],
  ...[
    'https://127.0.0.1',
    'http://example.com',
    'http://0.0.0.0:1',
    'http://10.0.0.1',
    'http://127.0.0.1@example.com',
    'http://127.0.0.1.example.com',
    'http://127.0.0.1/path',
    'ftp://127.0.0.1',
    'nonsense',
  ].map((url): [string, Record<string, string>] => ['TWILIO_API_BASE_URL', { TWILIO_API_BASE_URL: url }]),
])('a mistake in %s is one line that names it, and prints no secret: %o', (name, change) => {
  const read = readConfig({ ...good, ...change });
  expect(read).toMatchObject({ ok: false, problems: [expect.stringMatching(`^${name}: `)] });
  expect(JSON.stringify(read)).not.toContain('secret');
});

test.each(['http://127.0.0.1:4010', 'http://[::1]:4010', 'http://localhost:4010', 'http://127.1.2.3'])(
  '%s is this machine',
  (url) => {
    expect(readConfig({ ...good, TWILIO_API_BASE_URL: url })).toMatchObject({ ok: true });
  },
);

test.each([
  ['+15558675310', '+15558675310'],
  ['+41 79 123-45-67', '+41791234567'],
  ['+1 (202) 555-0143', '+12025550143'],
  ['0041791234567', undefined],
  ['+0123456789', undefined],
  ['+1202555014', undefined],
  ['+41791234567;ext=5', undefined],
  ['whatsapp:+41791234567', undefined],
  ['+٤١٧٩١٢٣٤٥٦٧', undefined],
  ['+41７９1234567', undefined],
  ['', undefined],
  ['+41791234567\n+15558675310', undefined],
])('%j is %s', (input, number) => {
  expect(parsePhone(input)).toBe(number);
});

test('masked numbers cannot be dialled', () => {
  expect(maskPhone('+41791234567')).toBe('+41*******67');
  expect(maskPhonesIn("The 'To' number +41791234567 is bad")).toBe("The 'To' number +41*******67 is bad");
});
