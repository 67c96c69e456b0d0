import fc from 'fast-check';
import { expect, test } from 'vitest';
import { describeRequest } from '../../../../agent/sandbox/broker/describe-request.ts';
import { type HttpBody, matchRules } from '../../../../agent/sandbox/broker/match-rules.ts';
import { HttpRule } from '../../../../agent/sandbox/manifest/http-rules.ts';
import { inferShape, mergeShapes } from '../../../../agent/sandbox/manifest/infer-shape.ts';
import { shapeProblem } from '../../../../agent/sandbox/manifest/json-shape.ts';
import { mergeRules, ruleKey } from '../../../../agent/sandbox/manifest/merge-rules.ts';

const access = { rules: [{ method: 'GET', path: '/nothing' }] };
const env = { USER_ID: 'user-4711', TOKEN: 'very-secret-token' };
const form = (text: string): HttpBody => ({ form: new URLSearchParams(text) });
const describe = (method: string, target: string, body?: HttpBody) =>
  describeRequest({ method, target, body }, access, env);

test('describes a refused request by names, lengths and digits, with variables in place of their values', () => {
  const body = form('to=user-4711&text=hello+there&parts=42&code=007');
  expect(describe('POST', '/v1/user-4711/notes.json?limit=5&q=abc', body)).toEqual({
    method: 'POST',
    path: '/v1/{env:USER_ID}/notes.json',
    query: { limit: { integer: { min: 0, max: 9 } }, q: { maxLength: 3 } },
    form: {
      to: { equalsEnv: 'USER_ID' },
      text: { maxLength: 11 },
      parts: { integer: { min: 10, max: 99 } },
      code: { maxLength: 3 },
    },
  });
  const json = {
    to: 'user-4711',
    n: -12,
    big: 1.5,
    list: [{ a: 'xy' }, { a: 'xyz' }],
    none: [],
    on: true,
    no: null,
  };
  expect(describe('PUT', '/botvery-secret-token/send', { json })).toEqual({
    method: 'PUT',
    path: '/bot{env:TOKEN}/send',
    json: {
      type: 'object',
      properties: {
        to: { equalsEnv: 'USER_ID' },
        n: { type: 'integer', minimum: -99, maximum: -10 },
        big: { type: 'number', minimum: 0, maximum: 10 },
        list: {
          type: 'array',
          maxItems: 2,
          items: { type: 'object', properties: { a: { type: 'string', maxLength: 3 } }, required: ['a'] },
        },
        none: { type: 'array', items: { type: 'null' }, maxItems: 0 },
        on: { type: 'boolean' },
        no: { type: 'null' },
      },
      required: ['to', 'n', 'big', 'list', 'none', 'on', 'no'],
    },
  });
});

test.each<[string, string, string, HttpBody?]>([
  ['a path with escapes', 'GET', '/v1/%2e%2e'],
  ['a path that no rule can name', 'GET', '/v1/models:generate'],
  ['a path that looks like a template', 'GET', '/v1/{any}/{env:TOKEN}'],
  ['a field with the name of a prototype', 'POST', '/v1', { json: JSON.parse('{"__proto__":{"a":1}}') }],
  ['a form field with that name', 'POST', '/v1', form('__proto__=1')],
  ['a method that cannot be granted', 'TRACE', '/'],
  ['a field twice', 'GET', '/v1?a=1&a=2'],
  ['a field whose name is a text', 'GET', '/v1?please+call+me=1'],
  ['a field whose name is a phone number', 'POST', '/v1', { json: { '+41791234567': 1 } }],
  ['a field whose name is a secret', 'POST', '/v1', { json: { 'very-secret-token': 1 } }],
  ['a name that holds a secret', 'GET', '/v1?a.very-secret-token.b=1'],
  ['a multipart body', 'POST', '/v1', { multipart: Buffer.from('x') }],
  ['too many fields', 'POST', '/v1', form(Array.from({ length: 70 }, (_, n) => `f${n}=1`).join('&'))],
  ['a body too deep', 'POST', '/v1', { json: JSON.parse(`${'['.repeat(20)}${']'.repeat(20)}`) }],
  ['a body too large', 'POST', '/v1', { json: Array(5_000).fill('x') }],
  ['a description too large', 'POST', `/${'v'.repeat(4_000)}`],
])('does not describe %s', (_what, method, target, body) => {
  expect(describe(method, target, body)).toBeUndefined();
});

test('for any request, a description has no values, allows the request, and has at most 3 KB', () => {
  const secret = fc.string({ minLength: 12, maxLength: 30 }).map((text) => `\u00a7${text}`);
  fc.assert(
    fc.property(
      fc.dictionary(fc.string({ maxLength: 12 }), fc.oneof(secret, fc.integer(), fc.array(secret))),
      (json) => {
        const request = { method: 'POST', target: '/a/b', body: { json } };
        const rule = describeRequest(request, access, env);
        if (rule === undefined) return;
        const text = JSON.stringify(rule);
        expect(text).not.toContain('\u00a7');
        expect(text.length).toBeLessThanOrEqual(3_000);
        expect(HttpRule.safeParse(rule).success).toBe(true);
        expect(matchRules({ rules: [rule] }, request, env).ok).toBe(true);
        // Never wider: not one field more, and no longer text.
        for (const more of [{ ...json, further: 1 }, ...longer(json)])
          expect(matchRules({ rules: [rule] }, { ...request, body: { json: more } }, env).ok).toBe(false);
      },
    ),
    { numRuns: 300 },
  );
});

const longer = (json: Record<string, unknown>) =>
  Object.entries(json)
    .filter(([, value]) => typeof value === 'string')
    .map(([name, value]) => ({ ...json, [name]: `${value}x` }));

test('a merged shape accepts both values', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3 }), fc.jsonValue({ maxDepth: 3 }), (one, other) => {
      const [a, b] = [inferShape(one, env), inferShape(other, env)];
      if (a === undefined || b === undefined) return;
      const merged = mergeShapes(a, b);
      for (const value of [one, other]) expect(shapeProblem(merged, value, env, 'json')).toBeUndefined();
    }),
    { numRuns: 500 },
  );
});

test('merges rules of one structure to the wider length and range; others have another key', () => {
  const [a, b, c] = ['text=ab&n=7', 'text=abcd&n=42', 'text=ab'].map((body) =>
    describe('POST', '/v1', form(body)),
  );
  if (a === undefined || b === undefined || c === undefined) throw new Error('not described');
  expect(ruleKey(a)).toBe(ruleKey(b));
  expect(ruleKey(a)).not.toBe(ruleKey(c));
  expect(mergeRules(a, b).form).toEqual({ text: { maxLength: 4 }, n: { integer: { min: 0, max: 99 } } });
});
