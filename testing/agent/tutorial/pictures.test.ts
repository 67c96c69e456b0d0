import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SaxesParser } from 'saxes';
import { expect, test } from 'vitest';
import { PICTURES, pictures } from '../../../agent/tutorial/pictures.ts';

const drawn = await pictures();

test('the folder of pictures has these and no others', () => {
  expect(readdirSync(PICTURES).toSorted()).toEqual(Object.keys(drawn).toSorted());
});

test.each(Object.entries(drawn))('%s is as the code draws it now (npm run pictures)', (name, text) => {
  expect(readFileSync(join(PICTURES, name), 'utf8')).toBe(text);
});

test.each(Object.entries(drawn))('%s is well-formed, and needs no other file', (_, text) => {
  const parser = new SaxesParser({ xmlns: true });
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) => {
    expect(['script', 'image', 'foreignObject']).not.toContain(name);
    for (const [key, { value }] of Object.entries(attributes))
      if (/href|src/.test(key)) expect(value).toMatch(/^#/);
  });
  parser.write(text).close();
  expect(text).not.toMatch(/url\((?!"?#)|@import/);
});
