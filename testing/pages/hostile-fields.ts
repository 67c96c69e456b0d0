import type { Page } from 'playwright-core';
import { expect } from 'vitest';

/** Would run a script, leave an attribute, a comment, a style or a script, or turn the text around. */
export const PAYLOAD = [
  '</script><script>canary=1;alert(1)</script>',
  '</style></title></textarea><!-- --><img src=x onerror=canary=2>',
  '"><svg onload=canary=3><a href="javascript:canary=4" autofocus onfocus=canary=5>',
  `'" onmouseover='canary=6' style='background:url(https://x.example/)`,
  '&quot; onclick=canary=7 &#60;script&#62;canary=8&#60;/script&#62;',
  '`$' + '{canary=9}` {{canary=10}} ]]> \u202Egnp.exe\u2066 \0 \u001b[2J \ud83d',
].join(' ');

/** Words of our own, which say what kind of thing it is: others' words are none of these. */
const OURS = new Set(
  'you model door broker phone plain passed asked stopped failed unknown answered interrupted'.split(' '),
);

/** The same data with the payload before each text. Equal texts stay equal, and a server's row one of a server. */
export function hostileFields<T>(value: T): T {
  if (typeof value === 'string')
    return (
      OURS.has(value) ? value : value.replace(/^(server:)?/, `$1${PAYLOAD.replaceAll('$', '$$$$')} `)
    ) as T;
  if (Array.isArray(value)) return value.map(hostileFields) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, hostileFields(each)])) as T;
}

export const noScriptRan = async (page: Page): Promise<void> =>
  expect(await page.evaluate('typeof canary')).toBe('undefined');
