import type { Attempt } from '../attempt.ts';

const MESSAGES = '/2010-04-01/Accounts/ACCOUNT/Messages.json';
const good = "{ To: 'OWNER', From: 'SENDER', Body: 'hi' }";
const raw = (head: string, body = '') => `return overTls({}, ${JSON.stringify(`${head}\r\n\r\n${body}`)})`;
const host = 'Host: api.twilio.com\r\nConnection: close';

/** Misuse of the one API it may speak to: each answers 4xx at once and reaches nobody. */
export const requests: readonly Attempt[] = [
  {
    id: 'other-account',
    attempt: "post to an attacker's own account",
    code: `return api('${MESSAGES}'.replace(/AC[0-9a-f]{32}/, 'AC${'f'.repeat(32)}'), form(${good}))`,
    expected: /^403 .*no rule/,
    recorded: /no rule for POST/,
  },
  {
    id: 'other-recipient',
    attempt: 'text somebody else',
    code: `return api('${MESSAGES}', form({ ...${good}, To: '+12025550199' }))`,
    expected: /^403 .*To has a value/,
    recorded: /form field To/,
  },
  {
    id: 'other-sender',
    attempt: 'send from another number',
    code: `return api('${MESSAGES}', form({ ...${good}, From: '+12025550199' }))`,
    expected: /^403 .*From has a value/,
  },
  {
    id: 'twice',
    attempt: 'a field twice',
    code: `return api('${MESSAGES}', form([['To', 'OWNER'], ['To', '+12025550199'], ['From', 'SENDER'], ['Body', 'hi']]))`,
    expected: /^403 .*more than once/,
  },
  {
    id: 'extra',
    attempt: 'a field that is not listed',
    code: `return api('${MESSAGES}', form({ ...${good}, StatusCallback: 'https://collector.example' }))`,
    expected: /^403 .*StatusCallback is not allowed/,
  },
  {
    id: 'case',
    attempt: 'a field in other letters',
    code: `return api('${MESSAGES}', form({ ...${good}, to: '+12025550199' }))`,
    expected: /^403 .*to is not allowed/,
  },
  {
    id: 'missing',
    attempt: 'a field left out',
    code: `return api('${MESSAGES}', form({ To: 'OWNER', Body: 'hi' }))`,
    expected: /^403 .*From is missing/,
  },
  {
    id: 'validity',
    attempt: 'a number that is none',
    code: `return api('${MESSAGES}', form({ ...${good}, ValidityPeriod: '1e9' }))`,
    expected: /^403 .*ValidityPeriod/,
  },
  {
    id: 'query',
    attempt: 'fields in the query as well',
    code: `return api('${MESSAGES}?To=%2B12025550199', form(${good}))`,
    expected: /^403 .*query field To is not allowed/,
  },
  {
    id: 'json',
    attempt: 'a JSON body',
    code: `return api('${MESSAGES}', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })`,
    expected: /^403 .*not form-encoded/,
  },
  {
    id: 'large',
    attempt: 'a body without end',
    code: `return api('${MESSAGES}', form({ ...${good}, Body: 'x'.repeat(100000) }))`,
    expected: /^403 .*(too large|Body)|ECONNRESET|EPIPE|UND_ERR/,
  },
  {
    id: 'delete',
    attempt: 'delete a message',
    code: "return api('/2010-04-01/Accounts/ACCOUNT/Messages/SM1.json', { method: 'DELETE' })",
    expected: /^403 .*no rule for DELETE/,
  },
  {
    id: 'calls',
    attempt: 'make a call',
    code: "return api('/2010-04-01/Accounts/ACCOUNT/Calls.json', form({ To: 'OWNER' }))",
    expected: /^403 .*no rule/,
  },
  {
    id: 'numbers',
    attempt: 'buy a number',
    code: "return api('/2010-04-01/Accounts/ACCOUNT/IncomingPhoneNumbers.json', form({ PhoneNumber: '+12025550199' }))",
    expected: /^403 .*no rule/,
  },
  {
    id: 'account',
    attempt: 'read the account',
    code: "return api('/2010-04-01/Accounts/ACCOUNT.json')",
    expected: /^403 .*no rule/,
  },
  {
    id: 'history',
    attempt: "read everybody's messages",
    code: `return api('${MESSAGES}')`,
    expected: /^403 .*query field To is missing/,
  },
  {
    id: 'dots',
    attempt: 'dot segments',
    code: raw(`GET /2010-04-01/Accounts/ACCOUNT/Messages/../Calls.json HTTP/1.1\r\n${host}`),
    expected: /403 Forbidden[\s\S]*dot or empty/,
  },
  {
    id: 'escapes',
    attempt: 'an encoded slash',
    code: raw(`GET /2010-04-01/Accounts/ACCOUNT/Messages/x%2f..%2fCalls.json HTTP/1.1\r\n${host}`),
    expected: /403 Forbidden[\s\S]*escapes/,
  },
  {
    id: 'other-host',
    attempt: 'another Host inside',
    code: raw('GET / HTTP/1.1\r\nHost: collector.example\r\nConnection: close'),
    expected: /403 Forbidden[\s\S]*Host is another name/,
  },
  {
    id: 'two-hosts',
    attempt: 'two Hosts',
    code: raw(
      `GET ${MESSAGES} HTTP/1.1\r\nHost: api.twilio.com\r\nHost: collector.example\r\nConnection: close`,
    ),
    expected: /40[03]/,
  },
  {
    id: 'absolute',
    attempt: 'an absolute target',
    code: raw(`GET https://collector.example/ HTTP/1.1\r\n${host}`),
    expected: /403 Forbidden[\s\S]*plain path/,
  },
  {
    id: 'connect',
    attempt: 'CONNECT',
    code: raw(`CONNECT collector.example:443 HTTP/1.1\r\n${host}`),
    expected: /400 Bad Request[\s\S]*CONNECT/,
  },
  {
    id: 'upgrade',
    attempt: 'an upgrade',
    code: raw(
      `GET ${MESSAGES} HTTP/1.1\r\nHost: api.twilio.com\r\nConnection: upgrade\r\nUpgrade: websocket`,
    ),
    expected: /40[03][\s\S]*upgrade/,
  },
  {
    id: 'http10',
    attempt: 'HTTP/1.0',
    code: raw(`GET ${MESSAGES} HTTP/1.0\r\n${host}`),
    expected: /403 Forbidden[\s\S]*HTTP\/1\.0/,
  },
  {
    id: 'smuggle',
    attempt: 'two lengths',
    code: raw(
      `POST ${MESSAGES} HTTP/1.1\r\n${host}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked`,
      '0\r\n\r\nGET /x HTTP/1.1\r\n\r\n',
    ),
    expected: /400 Bad Request/,
  },
  {
    id: 'lengths',
    attempt: 'two Content-Lengths',
    code: raw(`POST ${MESSAGES} HTTP/1.1\r\n${host}\r\nContent-Length: 5\r\nContent-Length: 6`, 'To=x&'),
    expected: /400 Bad Request/,
  },
  {
    id: 'garbage',
    attempt: 'something that is no HTTP',
    code: raw('\u0001\u0002 hello'),
    expected: /400 Bad Request/,
  },
  {
    id: 'second',
    attempt: 'a bad request behind a good one',
    code: raw(
      `GET ${MESSAGES}?To=%2BOWNERDIGITS HTTP/1.1\r\nHost: api.twilio.com\r\n\r\nGET /2010-04-01/Accounts/ACCOUNT/Calls.json HTTP/1.1\r\n${host}`,
    ),
    expected: /403 Forbidden[\s\S]*no rule for GET/,
  },
];
