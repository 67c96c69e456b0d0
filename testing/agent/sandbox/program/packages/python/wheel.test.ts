import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Room, unpackWheel } from '../../../../../../agent/sandbox/program/packages/python/wheel.ts';
import { temporaryFolder } from '../../../../../support/folder.ts';
import { type Files, wheel, zipped } from '../../../../../support/wheel.ts';

/** Unpacks it as the package `leaf` into a folder beside which nothing may appear. */
async function unpacked(bytes: Buffer, room = new Room()) {
  const folder = temporaryFolder();
  const inside = join(folder, 'packages');
  await unpackWheel('leaf', bytes, inside, room).finally(() => {
    expect(readdirSync(folder).filter((name) => name !== 'packages')).toEqual([]);
  });
  return inside;
}
const of = (files: Files) => unpacked(wheel('leaf', { files }).bytes);

test('files go where pip puts them, and no script is made', async () => {
  const folder = await of({
    'leaf/__init__.py': 'x = 1\n',
    'leaf/empty.py': '',
    'leaf-1.0.0.data/purelib/pure.py': '',
    'leaf-1.0.0.data/data/share/leaf.txt': '',
    'leaf-1.0.0.data/scripts/tool': '#!python\n',
    'leaf-1.0.0.data/headers/leaf.h': '',
  });
  expect(readFileSync(join(folder, 'leaf/__init__.py'), 'utf8')).toBe('x = 1\n');
  expect(statSync(join(folder, 'leaf/__init__.py')).mode & 0o777).toBe(0o644);
  expect(readdirSync(folder).sort()).toEqual(['bin', 'leaf', 'leaf-1.0.0.dist-info', 'pure.py', 'share']);
  expect(readdirSync(join(folder, 'bin'))).toEqual(['tool']);
});

test('a console script whose name climbs is not written anywhere', async () => {
  const scripts = { '../../climbed': 'leaf:main', '/absolute': 'leaf:main', '--index-url=x': 'leaf:main' };
  const folder = await unpacked(wheel('leaf', { scripts }).bytes);
  expect(readdirSync(folder)).toEqual(['leaf-1.0.0.dist-info']);
});

test.each([
  '../outside.py',
  '../packages-too/outside.py',
  'leaf/../../outside.py',
  '/outside.py',
  'leaf//outside.py',
  './outside.py',
  'leaf-1.0.0.data/scripts/../../../outside.py',
  'leaf-1.0.0.data/purelib//outside.py',
  'leaf\\outside.py',
  'leaf\nfeed.py',
  'leaf\0.py',
  '',
  'a/'.repeat(600),
])('the path %j is refused', async (path) => {
  await expect(of({ [path]: 'x = 1\n' })).rejects.toThrow(/not unpacked: the wheel of leaf has the path/);
});

test.each([
  ['by case', { 'leaf/A.py': '1', 'leaf/a.py': '2' }],
  ['by another way to write a letter', { 'leaf/\u00e9.py': '1', 'leaf/e\u0301.py': '2' }],
  ['by where it goes', { 'leaf/a.py': '1', 'leaf-1.0.0.data/platlib/leaf/a.py': '2' }],
])('a file that is there twice %s is refused', async (_how, files: Files) => {
  await expect(of(files)).rejects.toThrow(/twice/);
});

test('an entry that is there twice is refused', async () => {
  const { bytes } = wheel('leaf', { files: { 'one.py': '1', 'two.py': '2' } });
  const twice = Buffer.from(bytes.toString('latin1').replaceAll('two.py', 'one.py'), 'latin1');
  await expect(unpacked(twice)).rejects.toThrow(/has one\.py twice/);
});

test('a link, a device and what is packed in another way are refused', async () => {
  await expect(of({ 'leaf/link.py': { link: '/etc/passwd' } })).rejects.toThrow(/no plain file/);
  const { bytes } = wheel('leaf', { files: { 'one.py': '1' } });
  const entry = bytes.indexOf('PK\x01\x02');
  for (const [at, value] of [
    [entry + 40, 0o060644],
    [entry + 10, 12],
    [entry + 8, 1],
  ] as const) {
    const changed = Buffer.from(bytes);
    changed.writeUInt16LE(value, at);
    await expect(unpacked(changed)).rejects.toThrow(/no plain file|packed in a way/);
  }
});

test('a file is no larger than it says, and all are no more than fits', async () => {
  const { bytes } = wheel('leaf', { files: { 'zeros.py': Buffer.alloc(2 ** 20) } });
  const entry = bytes.indexOf('PK\x01\x02');
  for (const size of [0, 1000, 2 ** 20 + 1]) {
    const lying = Buffer.from(bytes);
    lying.writeUInt32LE(size, entry + 24);
    await expect(unpacked(lying)).rejects.toThrow(/not unpacked: the wheel of leaf/);
  }
  const huge = Buffer.from(bytes);
  huge.writeUInt32LE(2 ** 30, entry + 24);
  await expect(unpacked(huge)).rejects.toThrow(/over 60,000 files or 512 MB/);
  const deep = (n: number) => `${n}/${'d/'.repeat(480)}x`;
  await expect(
    unpacked(zipped(Object.fromEntries(Array.from({ length: 126 }, (_, n) => [deep(n), ''])))),
  ).rejects.toThrow(/over 60,000 files/);
});

test('what several wheels fill counts together', async () => {
  const room = new Room();
  const { bytes } = wheel('leaf', { files: { zeros: Buffer.alloc(2 ** 20) } });
  await unpacked(bytes, room);
  room.take('of another', 2 ** 29 - 2 ** 21);
  await expect(unpacked(bytes, room)).rejects.toThrow(/over 60,000 files or 512 MB/);
});

test.each([
  ['another package', { 'other-1.0.0.dist-info/entry_points.txt': '[console_scripts]\nother = leaf:main\n' }],
  ['the same in another folder', { 'leaf-1.0.0.data/purelib/server-1.0.0.dist-info/entry_points.txt': '' }],
])('a wheel that says that it is %s too is refused', async (_what, files: Files) => {
  await expect(of(files)).rejects.toThrow(/says that it is (other|server)/);
});

test('RECORD is not believed', async () => {
  const folder = await unpacked(
    zipped({
      'leaf/__init__.py': 'x = 1\n',
      'leaf-1.0.0.dist-info/RECORD': '../../outside.py,sha256=AAAA,9\n/etc/passwd,,\nleaf/missing.py,,\n',
    }),
  );
  expect(existsSync(join(folder, 'leaf/missing.py'))).toBe(false);
});

test('what is no archive, or one that is cut short or changed anywhere, ends in an error of ours', async () => {
  const { bytes } = wheel('leaf', { files: { 'leaf.py': 'x = 1\n' } });
  for (const odd of [
    Buffer.alloc(0),
    Buffer.from('no archive'),
    Buffer.from('PK\x05\x06'),
    bytes.subarray(9),
  ])
    await expect(unpacked(odd)).rejects.toThrow(/not unpacked/);
  const files = { a: '1', 'a/b': '2' };
  await expect(of(files)).rejects.toThrow(/not unpacked: the wheel of leaf cannot be unpacked/);
  const folder = join(temporaryFolder(), 'packages');
  for (let at = 0; at < bytes.length; at += 3) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 0xff;
    await unpackWheel('leaf', changed, folder, new Room()).catch((error) =>
      expect(error.message).toMatch(/^not unpacked: /),
    );
  }
});
