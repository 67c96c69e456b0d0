import { expect, test } from 'vitest';
import { requirement } from '../../../../../../agent/sandbox/program/packages/python/requirement.ts';
import { cost } from '../../../../../support/cost.ts';

const none = { extras: [], versions: [], marker: undefined };

test.each([
  ['Leaf_Part', { ...none, name: 'leaf-part' }],
  ['leaf>=1.2, <2', { ...none, name: 'leaf', versions: ['>=1.2', '<2'] }],
  ['leaf (>=1.2,!=1.3.*)', { ...none, name: 'leaf', versions: ['>=1.2', '!=1.3.*'] }],
  ['leaf[Fast, io_uring]~=1.0', { ...none, name: 'leaf', extras: ['fast', 'io-uring'], versions: ['~=1.0'] }],
  ["leaf==1.0 ; extra == 'x'", { ...none, name: 'leaf', versions: ['==1.0'], marker: "extra == 'x'" }],
])('reads %s', (text, expected) => {
  expect(requirement(text, 'server')).toEqual(expected);
});

test.each([
  'leaf @ https://example.com/leaf.whl',
  'leaf@git+https://example.com/leaf.git',
  "leaf @ file:///etc/passwd ; python_version < '3'",
  'https://example.com/leaf.whl',
  './leaf',
  '../leaf-1.0.whl',
  '/leaf',
  '-e .',
  '--index-url=https://example.com',
  'leaf --index-url=https://example.com',
  'leaf>=1 --hash=sha256:00',
  'leaf>=1\n--index-url=https://example.com',
  'leaf\n-r other.txt',
  'leaf>=1 \\\n-r other.txt',
  'leaf[fast\nother]>=1',
  'leaf>=$HOME',
  'leaf>=1 # comment',
  'leaf 1.0',
  'leaf>=',
  '',
  `leaf>=${'1'.repeat(3_000)}`,
])('refuses what is not a name and versions: %s', (text) => {
  expect(() => requirement(text, 'server')).toThrow(/which is not a version from your index/);
});

test('what is written to be slow to read is not', async () => {
  const slow = [`a${' '.repeat(1_900)}@`, `${'a'.repeat(1_900)}@`, `a[${' '.repeat(1_900)}`];
  const spent = await cost(() => {
    for (const text of slow) expect(() => requirement(text, 'server')).toThrow();
  });
  expect(spent).toBeLessThan(500);
});
