import assert from 'node:assert/strict';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { readStrictJson } from '../../../../agent/sandbox/foundation/strict-json.ts';
import { JsonShape, shapeProblem } from '../../../../agent/sandbox/manifest/json-shape.ts';
import { fuzz, mutated } from '../fuzz-property.ts';

const shape = JsonShape.parse({
  type: 'object',
  required: ['to'],
  properties: {
    to: { const: 'me' },
    text: { type: 'string', maxLength: 4, pattern: '[a-z ]*' },
    n: { anyOf: [{ type: 'integer', minimum: 0, maximum: 5 }, { type: 'null' }] },
    list: { type: 'array', maxItems: 2, items: { type: 'object', properties: { on: { type: 'boolean' } } } },
  },
});
/** The same for another reader of JSON Schema, which is open where ours is closed. */
const closed = (part: unknown): unknown => {
  if (typeof part !== 'object' || part === null) return part;
  if (Array.isArray(part)) return part.map(closed);
  const fields = Object.fromEntries(Object.entries(part).map(([key, value]) => [key, closed(value)]));
  if ('properties' in fields) fields.additionalProperties = false;
  if ('pattern' in fields) fields.pattern = `^(${fields.pattern})$`;
  return fields;
};
const validate = new Ajv({ strict: false }).compile(closed(shape) as object);
const value = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom<unknown>('me', 'a b', '', 0, 5, 6, -0, 1.5, null, true, 'A', 'abcde'),
  },
  {
    weight: 2,
    arbitrary: fc.array(fc.constantFrom<unknown>({ on: true }, {}, { on: 1 }, [], { off: true }), {
      maxLength: 3,
    }),
  },
  { weight: 1, arbitrary: fc.jsonValue() },
);
const member = fc.tuple(fc.constantFrom('to', 'to', 'text', 'n', 'list', 'on', '__proto__', 'To'), value);
/** Objects as text: keys may come twice, in whatever way they are written. */
const objects = fc
  .tuple(fc.boolean(), fc.array(fc.tuple(member, fc.boolean()), { maxLength: 5 }))
  .map(([to, members]) => {
    const written = members.map(([[key, field], escaped]) => {
      const name = escaped
        ? `"\\u${key.charCodeAt(0).toString(16).padStart(4, '0')}${key.slice(1)}"`
        : `"${key}"`;
      return `${name}:${JSON.stringify(field)}`;
    });
    return Buffer.from(`{${[...(to ? ['"to":"me"'] : []), ...written].join(',')}}`);
  });
/** Reads keys by itself: of JSON that another reader takes. */
const keysTwice = (text: string): boolean => {
  let [twice, depth] = [false, 0];
  const seen: Set<string>[] = [];
  for (const [token, key] of text.matchAll(/("(?:[^"\\]|\\.)*")\s*:|"(?:[^"\\]|\\.)*"|[{}]/gs)) {
    if (token === '{') {
      depth += 1;
      seen[depth] = new Set();
    } else if (token === '}') depth -= 1;
    else if (key !== undefined) {
      const name = JSON.parse(key);
      twice ||= seen[depth]?.has(name) ?? false;
      seen[depth]?.add(name);
    }
  }
  return twice;
};

export const jsonBodyProperties = [
  fuzz(
    'a JSON body that is let through is what another validator takes, with no key twice',
    { cases: 5_000, share: 6 },
    fc.oneof({ weight: 4, arbitrary: objects }, mutated(objects)),
    (bytes) => {
      const read = readStrictJson(bytes);
      if (typeof read === 'string') return assert.ok(read !== '');
      const text = bytes.toString('utf8');
      assert.ok(!keysTwice(text), text);
      assert.deepEqual(JSON.parse(JSON.stringify(read.value)), JSON.parse(text));
      assert.equal(shapeProblem(shape, read.value, {}, 'json') === undefined, validate(read.value), text);
    },
  ),
];
