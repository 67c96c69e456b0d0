import { expect, test } from 'vitest';
import { HttpAccess } from '../../../../agent/sandbox/manifest/http-rules.ts';
import { JsonShape, shapeProblem } from '../../../../agent/sandbox/manifest/json-shape.ts';

const env = { ME: 'me', NONE: '' };

test.each<[unknown, unknown, string | undefined]>([
  [true, { any: ['thing'] }, undefined],
  [{ const: 'a' }, 'a', undefined],
  [{ const: 1 }, '1', 'json has a value'],
  [{ enum: ['a', null] }, null, undefined],
  [{ enum: ['a', 'b'] }, 'c', 'json has a value'],
  [{ equalsEnv: 'ME' }, 'me', undefined],
  [{ equalsEnv: 'NONE' }, '', 'json has a value'],
  [{ equalsEnv: 'NOT_THERE' }, undefined, 'json has a value'],
  [{ type: 'integer', minimum: 1, maximum: 5 }, 5, undefined],
  [{ type: 'integer', minimum: 1, maximum: 5 }, 6, 'json has a value'],
  [{ type: 'integer' }, 1.5, 'json has a value'],
  [{ type: 'number' }, 1.5, undefined],
  [{ type: 'number' }, '1.5', 'json has a value'],
  [{ type: 'boolean' }, true, undefined],
  [{ type: 'null' }, undefined, 'json has a value'],
  [{ type: 'string', maxLength: 2 }, 'abc', 'json has a value'],
  [{ type: 'string', maxLength: 9, minLength: 2 }, 'a', 'json has a value'],
  [{ type: 'string', maxLength: 9, pattern: '[a-c]+' }, 'abc', undefined],
  [{ type: 'string', maxLength: 9, pattern: '[a-c]+' }, 'abcd', 'json has a value'],
  [{ type: 'string', maxLength: 9, pattern: 'a|b' }, 'ab', 'json has a value'],
  [{ anyOf: [{ type: 'null' }, { type: 'integer' }] }, 5, undefined],
  [{ anyOf: [{ type: 'null' }, { type: 'integer' }] }, 'x', 'json has a value'],
  [{ type: 'array', items: { type: 'integer' }, maxItems: 2 }, [1, 2], undefined],
  [{ type: 'array', items: { type: 'integer' }, maxItems: 2 }, [1, 2, 3], 'json has 3 items'],
  [{ type: 'array', items: { type: 'integer' }, maxItems: 2 }, [1, 'x'], 'json[1] has a value'],
  [{ type: 'array', items: true, maxItems: 2 }, {}, 'json must be a list'],
  [{ type: 'object', properties: {} }, null, 'json must be an object'],
  [{ type: 'object', properties: { a: true } }, {}, undefined],
  [{ type: 'object', properties: { a: true }, required: ['a'] }, {}, 'json.a is missing'],
  [{ type: 'object', properties: {} }, { constructor: 1 }, 'json.constructor is not allowed'],
  [{ type: 'object', properties: {}, required: [] }, JSON.parse('{"__proto__":1}'), 'json.__proto__ is not'],
  [
    { type: 'object', properties: { a: { type: 'object', properties: { b: { const: 1 } } } } },
    { a: { b: 2 } },
    'json.a.b has a value',
  ],
])('%j, %j: %s', (shape, value, problem) => {
  const found = shapeProblem(JsonShape.parse(shape), value, env, 'json');
  if (problem === undefined) expect(found).toBeUndefined();
  else expect(found).toContain(problem);
});

test.each([
  [{ type: 'string' }, /must be true, or one of/],
  [{ type: 'array', items: true }, /must be true, or one of/],
  [{ type: 'string', maxLength: 9, pattern: '(a+)\\1' }, /an RE2 pattern/],
  [{ type: 'string', maxLength: 9, pattern: '(?=a)' }, /an RE2 pattern/],
  [{ type: 'string', maxLength: 1_001, pattern: 'a' }, /at most 1000 when there is a pattern/],
  [{ type: 'object', properties: {}, required: ['a'] }, /names a field that is not in/],
  [{ type: 'object', properties: {}, additionalProperties: true }, /Unrecognized key/],
])('%j is not a shape', (shape, error) => {
  expect(() => JsonShape.parse(shape)).toThrow(error);
});

test('matches any pattern in time proportional to the text', () => {
  const shape = JsonShape.parse({ type: 'string', maxLength: 1_000, pattern: '(a*)*(a|a)*b' });
  expect(shapeProblem(shape, 'a'.repeat(1_000), env, 'json')).toContain('has a value');
});

const many = (length: number, item: unknown) => Array.from({ length }, () => item);

test.each<[string, unknown, unknown]>([
  [
    'alternatives within alternatives',
    {
      type: 'array',
      maxItems: 1e6,
      items: { anyOf: [...many(19, { anyOf: many(20, { const: 'x' }) }), true] },
    },
    many(100_000, 'y'),
  ],
  [
    'a long enumeration',
    { type: 'array', maxItems: 1e6, items: { anyOf: [{ enum: many(1_000, 'x') }, true] } },
    many(100_000, 'y'),
  ],
  [
    'many required fields',
    {
      type: 'array',
      maxItems: 1e6,
      items: {
        type: 'object',
        properties: Object.fromEntries(many(1_000, true).map((any, at) => [`f${at}`, any])),
        required: many(1_000, 'f0'),
      },
    },
    many(100_000, { f0: 1 }),
  ],
  [
    'a pattern for many texts',
    {
      type: 'array',
      maxItems: 1e6,
      items: { type: 'string', maxLength: 1_000, pattern: '((a{0,100}){0,10}b?){0,1}' },
    },
    many(1_000, 'a'.repeat(1_000)),
  ],
])('refuses a comparison that would take seconds: %s', (_what, shape, value) => {
  const problem = shapeProblem(JsonShape.parse(shape), value, env, 'json');
  expect(problem).toBe('json takes too long to compare');
});

test.each([
  [{ rules: [{ method: 'CONNECT', path: '/' }] }, /cannot be granted/],
  [{ rules: [{ method: 'get', path: '/' }] }, /must be a method/],
  [{ rules: [{ method: 'GET', path: '/', form: {}, json: true }] }, /may have one of/],
  [
    { rules: [{ method: 'GET', path: '/', headers: { Host: { equals: 'x' } } }] },
    /Invalid key|writes itself/,
  ],
  [
    {
      rules: [{ method: 'GET', path: '/' }],
      credential: { type: 'header', name: 'Content-Length', value: 'X' },
    },
    /the broker writes itself/,
  ],
])('refuses the rules %j', (access, error) => {
  expect(() => HttpAccess.parse(access)).toThrow(error);
});
