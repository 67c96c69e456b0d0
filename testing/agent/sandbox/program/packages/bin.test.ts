import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { NotConfigured } from '../../../../../agent/sandbox/foundation/errors.ts';
import { ownBin } from '../../../../../agent/sandbox/program/packages/bin.ts';
import { temporaryFolder } from '../../../../support/folder.ts';

function installed(packageJson: string, name = 'tiny') {
  const folder = temporaryFolder();
  const home = join(folder, 'node_modules', name);
  mkdirSync(join(home, 'lib.js'), { recursive: true });
  writeFileSync(join(home, 'server.js'), '');
  writeFileSync(join(home, 'package.json'), packageJson);
  return folder;
}

test.each([
  ['is not JSON', '{'],
  ['is null', 'null'],
  ['has a number as bin', '{"bin":1}'],
  ['has a list as bin', '{"bin":["server.js"]}'],
  ['has a bin of odd values', '{"bin":{"tiny":{}}}'],
  ['has a folder as bin', '{"bin":"lib.js"}'],
  ['has its own folder as bin', '{"bin":""}'],
  ['has a NUL in its bin', '{"bin":"a\\u0000b.js"}'],
  ['has a bin longer than any path', JSON.stringify({ bin: 'a'.repeat(10_000) })],
])('reports a broken package whose package.json %s', (_what, json) => {
  const folder = installed(json);
  expect(() => ownBin(folder, 'tiny')).toThrow(
    expect.objectContaining({ constructor: NotConfigured, hint: 'the package is broken' }),
  );
});

test('ignores a byte order mark', () => {
  expect(ownBin(installed('\uFEFF{"bin":"server.js"}'), 'tiny')).toBe('node_modules/tiny/server.js');
});

test('finds the only program of a package with the name of an inherited property', () => {
  const folder = installed('{"bin":{"run":"server.js"}}', 'constructor');
  expect(ownBin(folder, 'constructor')).toBe('node_modules/constructor/server.js');
});

test.each([
  ['without a program', {}, /has no program to run/],
  ['with several programs', { bin: { a: 'server.js', b: 'server.js' } }, /has several programs \(a, b\)/],
  ['whose program is elsewhere', { bin: { tiny: '../../package.json' } }, /is not in the package/],
  ['for another interpreter', { bin: 'server' }, /is not for Node/],
])('refuses a package %s, in plain words', (_what, json, message) => {
  const folder = installed(JSON.stringify(json));
  writeFileSync(join(folder, 'package.json'), '{}');
  writeFileSync(join(folder, 'node_modules/tiny/server'), '#!/usr/bin/env python3\n');
  expect(() => ownBin(folder, 'tiny')).toThrow(message);
});
