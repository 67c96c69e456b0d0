import { expect, test } from 'vitest';
import { assertFromRegistry, type Lock } from '../../../../../agent/sandbox/program/packages/lock.ts';

const sha512 = `sha512-${'A'.repeat(86)}==`;
const sha1 = `sha1-${'A'.repeat(27)}=`;
const md5 = `md5-${'A'.repeat(22)}==`;
const check = (integrity: string) => {
  const leaf = { version: '1.0.0', resolved: 'https://registry.example/leaf.tgz', integrity };
  const lock: Lock = new Map([['node_modules/leaf', leaf]]);
  return () => assertFromRegistry('server 1.0.0', 'server', lock);
};

test('accepts one sha512 hash as integrity', () => {
  expect(check(sha512)).not.toThrow();
});

test.each([sha1, md5, `${sha512} ${sha512}`, `${sha512} ${md5}`, `${sha512}?a`, 'sha512-AAAA', ''])(
  'refuses a dependency by name when its integrity is anything else: %s',
  (integrity) => {
    expect(check(integrity)).toThrow(
      /server 1\.0\.0 depends on leaf 1\.0\.0, whose integrity is not one sha512/,
    );
  },
);
