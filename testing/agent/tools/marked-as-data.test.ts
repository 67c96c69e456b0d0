import fc from 'fast-check';
import { expect, test } from 'vitest';
import { markedAsData } from '../../../agent/tools/marked-as-data.ts';
import { openEnvelope } from '../../stand-ins/envelope.ts';

const result = (text: string, structured?: Record<string, unknown>, isError = false) => ({
  text,
  structured,
  isError,
});
const ofStructured = (value: Record<string, unknown>) =>
  markedAsData('shop.list', result(JSON.stringify(value), value));

test('converts a list of similar objects to a table', () => {
  const goods = [
    { name: 'tea', price: 4.5 },
    { name: 'bread', price: 3, tags: [{ key: 'new' }] },
    { name: 'salt', price: 1 },
    { name: 'soap', price: 2 },
    { name: 'rice', price: 5 },
  ];
  expect(ofStructured({ shop: 'Coop', goods })).toBe(
    '{"untrusted_data_from":"shop.list","data":{"shop":"Coop","goods":{"columns":["name","price","tags"],"rows":[["tea",4.5,null],["bread",3,[{"key":"new"}]],["salt",1,null],["soap",2,null],["rice",5,null]]}}}',
  );
});

test('says what is the same in all rows once', () => {
  const bills = [10, 20, 30].map((spent) => ({ spent, currency: 'CHF', paid: null }));
  expect(JSON.parse(ofStructured({ bills })).data.bills).toEqual({
    every_row: { currency: 'CHF', paid: null },
    columns: ['spent'],
    rows: [[10], [20], [30]],
  });
});

test.each([
  ['one thing', [{ name: 'tea' }]],
  ['things that have little in common', [{ a: 1 }, { b: 2 }, { c: 3 }]],
  ['things among others', [{ name: 'tea', price: 4.5 }, 'bread', null]],
  ['no things', []],
])('a list of %s stays a list', (_, list) => {
  expect(JSON.parse(ofStructured({ list }))).toEqual({ untrusted_data_from: 'shop.list', data: { list } });
});

test('keeps plain text, and JSON that the server wrote itself', () => {
  expect(markedAsData('a.b', result('no such category', undefined, true))).toBe(
    '{"untrusted_data_from":"a.b","is_error":true,"data":"no such category"}',
  );
  expect(markedAsData('a.b', result('[{"id":12345678901234567890},{"id":2}]'))).toBe(
    '{"untrusted_data_from":"a.b","data":[{"id":12345678901234567890},{"id":2}]}',
  );
  expect(markedAsData('a.b', result('17'))).toBe('{"untrusted_data_from":"a.b","data":"17"}');
});

test('treats cut-off JSON as text', () => {
  const value = { list: [{ a: 1 }, { a: 2 }] };
  const cut = JSON.stringify(value).slice(0, 12);
  expect(JSON.parse(markedAsData('a.b', result(cut, value))).data).toBe(cut);
});

test('accepts any depth', () => {
  for (const nest of [(inner: string) => `[${inner}]`, (inner: string) => `{"a":${inner}}`]) {
    let text = '1';
    for (let depth = 0; depth < 3_000; depth += 1) text = nest(text);
    expect(JSON.parse(markedAsData('a.b', result(text, {})))).toHaveProperty('data');
  }
});

test('a result cannot close the envelope, and a reader of tables finds what was said', () => {
  const flat = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 0 }), {
    maxKeys: 4,
    noNullPrototype: true,
  });
  const structured = fc.record({
    said: fc.jsonValue({ maxDepth: 2 }),
    list: fc.array(flat, { maxLength: 6 }),
  });
  fc.assert(
    fc.property(structured, (value) => {
      const text = JSON.stringify(value);
      const envelope = JSON.parse(markedAsData('a.b', result(text, value)));
      expect(Object.keys(envelope)).toEqual(['untrusted_data_from', 'data']);
      expect(withoutNulls(openEnvelope(JSON.stringify(envelope)))).toEqual(withoutNulls(JSON.parse(text)));
    }),
  );
});

/** A cell of a table cannot say whether a row had null or nothing. */
const withoutNulls = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).filter(([, field]) => field !== null);
  return Object.fromEntries(fields.map(([name, field]) => [name, withoutNulls(field)]));
};
