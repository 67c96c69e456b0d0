import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const sandbox = fileURLToPath(new URL('../../../agent/sandbox/', import.meta.url));
/** "Mechanisms" and "organisms" are not meant. */
const APPLICATION = /twilio|spending|(?<!i)sms/i;

test('no code, comment or text of the sandbox knows the application', () => {
  const files = globSync('**/*.{ts,mjs,js,json,md,c,sh}', {
    cwd: sandbox,
    exclude: (name) => name === 'node_modules',
  });
  expect(files).toContain('drill/place.ts');
  expect(files.filter((path) => APPLICATION.test(readFileSync(`${sandbox}${path}`, 'utf8')))).toEqual([]);
});
