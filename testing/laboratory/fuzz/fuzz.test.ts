import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fuzzProperties } from './properties/all.ts';

test.each(fuzzProperties)('$name', async ({ cases, open }) => {
  const { property, close } = await open();
  try {
    await fc.assert(property, { numRuns: cases });
  } finally {
    await close?.();
  }
});

test('a million cases are shared out', () => {
  expect(fuzzProperties.reduce((sum, { share }) => sum + share, 0)).toBe(100);
});
