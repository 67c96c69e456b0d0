import { expect, test } from 'vitest';
import { dropAbsent, toStrictSchema } from '../../../agent/tools/strict-schema.ts';

test('optional properties become nullable and required; what strict mode does not take is dropped', () => {
  const schema = {
    $schema: 'x',
    type: 'object',
    properties: {
      a: { type: 'string', maxLength: 5 },
      b: { type: 'string', enum: ['x', 'y'], default: 'x' },
      e: {
        anyOf: [
          { type: 'string', format: 'date' },
          { type: 'string', format: 'date-time' },
        ],
      },
      c: { type: 'object', properties: { d: { type: 'number' } }, additionalProperties: false },
    },
    required: ['a'],
    additionalProperties: false,
  };
  expect(toStrictSchema(schema)).toEqual({
    strict: true,
    parameters: {
      type: 'object',
      properties: {
        a: { type: 'string' },
        b: { type: ['string', 'null'], enum: ['x', 'y', null] },
        e: { anyOf: [{ type: 'string' }, { type: 'null' }] },
        c: {
          type: ['object', 'null'],
          properties: { d: { type: ['number', 'null'] } },
          required: ['d'],
          additionalProperties: false,
        },
      },
      required: ['a', 'b', 'e', 'c'],
      additionalProperties: false,
    },
  });
  expect(dropAbsent({ a: null, b: null, c: { d: null } }, schema)).toEqual({ a: null, c: {} });
});

test.each([
  { type: 'object', additionalProperties: true },
  { type: 'object', properties: { a: { $ref: '#/x' } } },
  { type: 'object', properties: { a: { type: 'object', additionalProperties: { type: 'string' } } } },
])('%o cannot be said strictly, and is passed on as it is', (schema) => {
  expect(toStrictSchema(schema)).toEqual({ strict: false, parameters: schema });
});
