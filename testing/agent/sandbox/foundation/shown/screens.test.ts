import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { REPO } from '../../../../support/run.ts';

/** Programs of their own: what runs inside a sandbox, fetches packages, or builds images; and the one that readers copy. */
const OTHERS =
  /^agent\/(sandbox\/(gateway|drill|program\/packages\/fetch-process\.ts)|spending\/server\.ts|cli\/scripts\/|tutorial\/first-agent\.ts)/;

test('only one module writes to a terminal', () => {
  const files = [...globSync(['agent/**/*.ts', 'testing/demo/{main,attacks}.ts'], { cwd: REPO })].filter(
    (file) => !OTHERS.test(file),
  );
  const writing = files.filter((file) =>
    /\b(stdout|stderr|output)\.write\(/.test(readFileSync(`${REPO}${file}`, 'utf8')),
  );
  expect(writing).toEqual(['agent/sandbox/terminal/screen.ts'].filter((file) => writing.includes(file)));
});
