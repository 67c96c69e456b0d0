import { expect } from 'vitest';
import { LOOKS, PAPER, TWO_LOOKS, testInBrowser, useBrowser } from '../support/browser.ts';
import { reportFixture } from '../support/reports.ts';
import { noScriptRan } from './hostile-fields.ts';

const { visit } = useBrowser();
const { year, hostile } = reportFixture();

testInBrowser.each(LOOKS)('the page of a report is in order in $name', (look) =>
  visit(year, look, (page) => page.locator('summary').click()),
);

testInBrowser.each(TWO_LOOKS)('and with hostile names in $name', (look) =>
  visit(hostile, look, async (page) => {
    await page.locator('summary').click();
    await noScriptRan(page);
  }),
);

testInBrowser('hostile names run no script even where nothing enforces the policy', () =>
  visit(hostile.replace(/<meta http-equiv="Content-Security-Policy"[^>]*>/, ''), { axe: false }, noScriptRan),
);

testInBrowser('on paper it has its figures, and is no wider', () =>
  visit(year, { print: true, width: PAPER, axe: false }, async (page) => {
    await expect.poll(() => page.locator('td:visible').count()).toBeGreaterThan(100);
  }),
);
