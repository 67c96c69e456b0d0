import { type Attempt, type AttemptClass, inside, type Values } from '../attempt.ts';

const STRANGER = '+12025550199';

/** A text to the owner with something changed: what is posted, and where. */
const post = (
  id: string,
  attempt: string,
  change: Record<string, string | null>,
  expected: RegExp,
  path = '',
): Attempt => ({
  id,
  attempt,
  code: inside(
    ({ api, form }, { MESSAGES, OWNER, SENDER }, change, path) => {
      const fields = { To: OWNER, From: SENDER, Body: 'hi', ...change };
      const kept = Object.entries(fields).filter((field): field is [string, string] => field[1] !== null);
      return api(`${MESSAGES}${path}`, form(kept));
    },
    change,
    path,
  ),
  expected,
  recorded: /^api\.example\.com:443 /,
});

/** Another method or resource; `ACCOUNT` in the path stands for the account. */
const ask = (
  id: string,
  attempt: string,
  method: string,
  path: string,
  expected: RegExp,
  body?: string,
): Attempt => ({
  id,
  attempt,
  code: inside(
    ({ api }, { ACCOUNT }, method, path, body) => {
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      return api(path.replace('ACCOUNT', ACCOUNT), body ? { method, body, headers } : { method });
    },
    method,
    path,
    body ?? '',
  ),
  expected,
  recorded: /^api\.example\.com:443 /,
});

const ACCOUNT = '/v1/Accounts/ACCOUNT';

/** A text, but the whole request is up to the attempt. */
const own = (
  id: string,
  attempt: string,
  expected: RegExp,
  run: (api: (init: RequestInit) => Promise<string>, text: string, values: Values) => unknown,
): Attempt => ({
  id,
  attempt,
  code: `const { api } = inside;
    const text = new URLSearchParams({ To: values.OWNER, From: values.SENDER, Body: 'hi' }).toString();
    return (${run})((init) => api(values.MESSAGES, { method: 'POST', ...init }), text, values);`,
  expected,
});

/** Misuse of the one API it may speak to: each is refused with the reason and reaches nobody. */
export const requests: AttemptClass = {
  name: 'requests',
  must: 'the broker answers 4xx and the API hears nothing',
  attempts: [
    {
      id: 'other-account',
      attempt: "post to an attacker's own account",
      code: inside(({ api, form }, { OWNER, SENDER }) =>
        api(
          `/v1/Accounts/AC${'f'.repeat(32)}/Messages.json`,
          form({ To: OWNER, From: SENDER, Body: 'stolen' }),
        ),
      ),
      expected: /^403 .*no rule/,
      recorded: /no rule for POST/,
    },
    post('other-recipient', 'text somebody else', { To: STRANGER }, /^403 .*To has a value/),
    post(
      'other-recipient-form',
      'text the owner in another spelling',
      { To: ' +1 (202) 555-0143' },
      /^403 .*To has/,
    ),
    post(
      'two-recipients',
      'two recipients in one field',
      { To: `+12025550143,${STRANGER}` },
      /^403 .*To has a value/,
    ),
    post('channel', 'another channel', { To: `chat:${STRANGER}` }, /^403 .*To has a value/),
    post('other-sender', 'send from another number', { From: STRANGER }, /^403 .*From has a value/),
    post(
      'service',
      'send through a messaging service',
      { MessagingServiceSid: 'MG1' },
      /^403 .*is not allowed/,
    ),
    post(
      'callback',
      'have every step reported elsewhere',
      { StatusCallback: 'https://collector.example' },
      /^403 .*StatusCallback is not/,
    ),
    post(
      'media',
      'attach what lies elsewhere',
      { MediaUrl: 'https://collector.example/x' },
      /^403 .*MediaUrl is not/,
    ),
    post('content', 'a template of its own', { ContentSid: 'HX1' }, /^403 .*ContentSid is not/),
    post('schedule', 'send later', { SendAt: '2030-01-01T00:00:00Z' }, /^403 .*SendAt is not/),
    post('case', 'a field in other letters', { to: STRANGER }, /^403 .*to is not allowed/),
    post('index', 'a field as a list', { 'To[]': STRANGER }, /^403 .*To\[\] is not allowed/),
    post(
      'space',
      'a field with a space behind its name',
      { 'To ': STRANGER },
      /^403 .*To is not allowed|^403 .*To {1,2}is/,
    ),
    post('nul', 'a field with a NUL behind its name', { 'To\0': STRANGER }, /^403 .*is not allowed/),
    post(
      'prototype',
      'a field that every object has',
      { __proto__x: '1', constructor: '1' },
      /^403 .*is not allowed/,
    ),
    post('missing', 'a field left out', { From: null }, /^403 .*From is missing/),
    post('long', 'a longer text than allowed', { Body: 'x'.repeat(1601) }, /^403 .*Body has a value/),
    post('validity', 'a number that is none', { ValidityPeriod: '1e9' }, /^403 .*ValidityPeriod/),
    post('negative', 'a number out of bounds', { ValidityPeriod: '-1' }, /^403 .*ValidityPeriod/),
    post(
      'query',
      'fields in the query as well',
      {},
      /^403 .*query field To is not allowed/,
      `?To=%2B12025550199`,
    ),
    post('fragment-query', 'two question marks', {}, /^403 .*(plain path|query field)/, '?a=b?To=1'),
    own('twice', 'a field twice', /^403 .*more than once/, (send, text) =>
      send({ body: new URLSearchParams(`${text}&To=%2B12025550199`) }),
    ),
    own('twice-encoded', 'a field twice, once encoded', /^403 .*more than once/, (send, text) =>
      send({ body: new URLSearchParams(`${text}&%54o=%2B12025550199`) }),
    ),
    own('semicolon', 'fields apart by semicolons', /^403 /, (send, text) =>
      send({
        body: text.replaceAll('&', ';'),
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      }),
    ),
    own('json', 'a JSON body', /^403 .*form-encoded body is needed/, (send, _text, { OWNER, SENDER }) =>
      send({
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ To: OWNER, From: SENDER, Body: 'hi' }),
      }),
    ),
    own(
      'multipart',
      'a multipart body',
      /^403 .*a multipart body is not allowed/,
      (send, _text, { OWNER }) => {
        const body = new FormData();
        body.set('To', OWNER);
        return send({ body });
      },
    ),
    own('charset', 'another character set', /^403 .*neither a form nor JSON/, (send, text) =>
      send({ body: text, headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-7' } }),
    ),
    own('compressed', 'a compressed body', /^403 .*encoded body/, (send, text) =>
      send({
        body: text,
        headers: { 'content-type': 'application/x-www-form-urlencoded', 'content-encoding': 'gzip' },
      }),
    ),
    own('override', 'another method by a header', /^403 .*form-encoded body is needed/, (send) =>
      send({ headers: { 'x-http-method-override': 'DELETE' } }),
    ),
    ask('delete', 'delete a message', 'DELETE', `${ACCOUNT}/Messages/SM1.json`, /^403 .*no rule for DELETE/),
    ask(
      'redact',
      'change a message',
      'POST',
      `${ACCOUNT}/Messages/SM1.json`,
      /^403 .*no rule for POST/,
      'Body=',
    ),
    ask('put', 'put', 'PUT', `${ACCOUNT}/Messages.json`, /^403 .*no rule for PUT/, 'Body=x'),
    ask('calls', 'make a call', 'POST', `${ACCOUNT}/Calls.json`, /^403 .*no rule/, 'To=1'),
    ask(
      'numbers',
      'buy a number',
      'POST',
      `${ACCOUNT}/IncomingPhoneNumbers.json`,
      /^403 .*no rule/,
      'PhoneNumber=1',
    ),
    ask('keys', 'make an API key', 'POST', `${ACCOUNT}/Keys.json`, /^403 .*no rule/, 'FriendlyName=x'),
    ask('account', 'read the account', 'GET', `${ACCOUNT}.json`, /^403 .*no rule/),
    ask('close-account', 'close the account', 'POST', `${ACCOUNT}.json`, /^403 .*no rule/, 'Status=closed'),
    ask(
      'history',
      "read everybody's messages",
      'GET',
      `${ACCOUNT}/Messages.json`,
      /^403 .*query field To is missing/,
    ),
    ask(
      'history-other',
      "read somebody's messages",
      'GET',
      `${ACCOUNT}/Messages.json?To=%2B12025550199`,
      /^403 .*To has/,
    ),
    ask('media-list', "a message's media", 'GET', `${ACCOUNT}/Messages/SM1/Media.json`, /^403 .*no rule/),
    ask('format', 'the same in another format', 'GET', `${ACCOUNT}/Messages/SM1.csv`, /^403 .*no rule/),
    ask('matrix', 'parameters in the path', 'GET', `${ACCOUNT}/Messages;a=b.json`, /^403 .*no rule/),
    ask('upper-path', 'the path in other letters', 'GET', `${ACCOUNT}/messages/SM1.json`, /^403 .*no rule/),
  ],
};
