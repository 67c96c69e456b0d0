import { type Attempt, type AttemptClass, inside } from '../attempt.ts';

const STRANGER = '+12025550199';
/** OWNER in a body stands for the owner's number. */
const GOOD = '"to":"OWNER","text":"hi"';

/** A JSON body, byte for byte, to the API that takes JSON. */
const post = (
  id: string,
  attempt: string,
  body: string,
  expected: RegExp,
  { type = 'application/json', path = '/v1/notes', headers = {} } = {},
): Attempt => ({
  id,
  attempt,
  code: inside(
    ({ notes }, { OWNER }, body, type, path, headers) =>
      notes(path, {
        method: 'POST',
        body: body.replace('OWNER', OWNER),
        headers: { 'content-type': type, ...headers },
      }),
    body,
    type,
    path,
    headers,
  ),
  expected,
  recorded: /^notes\.example\.com:443 /,
});

const field = (id: string, attempt: string, more: string, expected: RegExp) =>
  post(id, attempt, `{${GOOD},${more}}`, expected);

/** An API that takes JSON under a Bearer token: each misuse is refused, naming the field, and reaches nobody. */
export const json: AttemptClass = {
  name: 'json',
  must: 'the broker answers 4xx and the API hears nothing',
  attempts: [
    post(
      'stranger',
      'send to somebody else',
      `{"to":"${STRANGER}","text":"hi"}`,
      /^403 .*json\.to has a value/,
    ),
    post('list', 'several recipients', `{"to":["OWNER","${STRANGER}"],"text":"hi"}`, /^403 .*json\.to has/),
    post(
      'object',
      'a recipient as an object',
      '{"to":{"$ne":""},"text":"hi"}',
      /^403 .*json\.to has a value/,
    ),
    post('null', 'no recipient', '{"to":null,"text":"hi"}', /^403 .*json\.to has a value/),
    post('missing', 'a field left out', '{"text":"hi"}', /^403 .*json\.to is missing/),
    post('number', 'a text as a number', '{"to":"OWNER","text":5}', /^403 .*json\.text has a value/),
    post('long', 'a longer text', `{"to":"OWNER","text":"${'x'.repeat(101)}"}`, /^403 .*json\.text has/),
    field('cc', 'a field that is not listed', `"cc":"${STRANGER}"`, /^403 .*json\.cc is not allowed/),
    field('case', 'a field in other letters', `"To":"${STRANGER}"`, /^403 .*json\.To is not allowed/),
    field('space', 'a field with a space', `"to ":"${STRANGER}"`, /^403 .*json\.to {1,2}is not allowed/),
    field('proto', '__proto__', `"__proto__":{"to":"${STRANGER}"}`, /^403 .*__proto__ is not allowed/),
    field('constructor', 'constructor', '"constructor":{"prototype":{}}', /^403 .*constructor is not/),
    field('kind', 'a value that is not in the list', '"kind":"order"', /^403 .*json\.kind has a value/),
    field('integer', 'a fraction', '"n":1.5', /^403 .*json\.n has a value/),
    field('range', 'a number out of bounds', '"n":10', /^403 .*json\.n has a value/),
    field('text-number', 'a number as text', '"n":"5"', /^403 .*json\.n has a value/),
    field('tags', 'a longer list', '"tags":["a","b","c","d"]', /^403 .*json\.tags has 4 items/),
    field('tag', 'an item of another kind', '"tags":["a",{}]', /^403 .*json\.tags\[1\] has a value/),
    field('nested', 'a nested field', `"at":{"on":true,"url":"https://x"}`, /^403 .*json\.at\.url is not/),
    field('twice', 'a field twice', `"to":"${STRANGER}"`, /^403 .*a key twice/),
    field('twice-escaped', 'a field twice, once escaped', `"\\u0074o":"${STRANGER}"`, /^403 .*a key twice/),
    field('twice-nested', 'a nested field twice', '"at":{"on":true,"on":false}', /^403 .*a key twice/),
    field('huge', 'a number that is too large', '"n":1e999', /^403 .*a number that not every reader/),
    field('precise', 'a number that is cut off', '"n":5.00000000000000000001', /^403 .*(number|json\.n)/),
    field('zero', 'negative zero', '"n":-0', /^403 .*a number that not every reader/),
    post('array', 'a list for the whole', `[{${GOOD}}]`, /^403 .*json must be an object/),
    post('two', 'two values', `{${GOOD}}{${GOOD}}`, /^403 .*is not JSON/),
    post('lines', 'values in lines', `{${GOOD}}\n{${GOOD}}`, /^403 .*neither a form nor JSON/, {
      type: 'application/x-ndjson',
    }),
    post('comment', 'a comment', `{${GOOD}/*,"cc":1*/}`, /^403 .*is not JSON/),
    post('mark', 'a byte order mark', `\uFEFF{${GOOD}}`, /^403 .*is not JSON/),
    post('utf16', 'another encoding', `{${GOOD}}`, /^403 .*neither a form nor JSON/, {
      type: 'application/json; charset=utf-16',
    }),
    post(
      'deep',
      'nested 5,000 deep',
      `{"to":${'['.repeat(5_000)}${']'.repeat(5_000)}}`,
      /^403 .*nested more/,
    ),
    post(
      'large',
      'two megabytes',
      `{${GOOD},"x":"${'x'.repeat(2 ** 21)}"}`,
      /^(403 .*too large|threw (ECONNRESET|EPIPE|UND_ERR_SOCKET)$)/,
    ),
    post('form', 'the same as a form', 'to=OWNER&text=hi', /^403 .*a JSON body is needed/, {
      type: 'application/x-www-form-urlencoded',
    }),
    post('plain', 'JSON that says it is text', `{${GOOD}}`, /^403 .*neither a form nor JSON/, {
      type: 'text/plain',
    }),
    post('multipart', 'a multipart body', '--b--', /^403 .*a multipart body is not allowed/, {
      type: 'multipart/form-data; boundary=b',
    }),
    post('encoded', 'a compressed body', `{${GOOD}}`, /^403 .*encoded body/, {
      headers: { 'content-encoding': 'gzip' },
    }),
    post('query', 'a field in the query', `{${GOOD}}`, /^403 .*query field to is not/, {
      path: '/v1/notes?to=1',
    }),
    post('path', 'another path', `{${GOOD}}`, /^403 .*no rule for POST/, { path: '/v1/orders' }),
    post('above', 'a path that climbs', `{${GOOD}}`, /^403 .*no rule for POST/, {
      path: '/v1/notes/../orders',
    }),
  ],
};
