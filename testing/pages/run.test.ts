import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { runPage } from '../../agent/pages/run/page.ts';
import { LOOKS, TWO_LOOKS, testInBrowser, useBrowser } from '../support/browser.ts';
import { demoStory, hostileStory, storyOf } from '../support/stories.ts';
import { hostileFields } from './hostile-fields.ts';

const { visit } = useBrowser();
const demo = demoStory();
const page = await runPage(demo, 'UTC');
const hostile = await runPage(hostileFields(demo), 'UTC');
const of200 = await runPage(storyOf(200), 'UTC');
const noScriptRan = async (page: Page) => expect(await page.evaluate('typeof canary')).toBe('undefined');

testInBrowser.each(LOOKS)('the page of a run is in order in $name', (look) => visit(page, look));

for (const [name, text] of [
  ['a payload in each field', hostile],
  ['endless names', await runPage(hostileStory(), 'UTC')],
  ['200 events', of200],
] as const)
  testInBrowser.each(TWO_LOOKS)(`and with ${name} in $name`, (look) => visit(text, look, noScriptRan));

test('the page of 200 events is smaller than 300 kB', () => {
  expect(Buffer.byteLength(of200)).toBeLessThan(300_000);
});

testInBrowser('hostile names run no script even where nothing enforces the policy', async () => {
  const open = hostile.replace(/<meta http-equiv="Content-Security-Policy"[^>]*>/, '');
  expect(open).not.toContain('Content-Security-Policy');
  await visit(open, {}, noScriptRan);
});

/** Where the focus is, whether one sees that, and whether it is in view and on top. */
const FOCUS = `(() => {
  const at = document.activeElement;
  const ring = at.matches('a.mark') ? getComputedStyle(at.querySelector('.hit')).stroke : getComputedStyle(at).outlineStyle;
  const { left, top, width, height } = (at.querySelector('.hit') ?? at).getBoundingClientRect();
  const above = document.elementFromPoint(left + Math.min(width / 2, 40), top + height / 2);
  return { name: at.getAttribute('href') ?? at.closest('li')?.querySelector('.detail')?.id ?? at.id, tag: at.tagName, seen: ring !== 'none', free: above !== null && (at.contains(above) || above.contains(at)) };
})()`;
interface Focus {
  readonly name: string;
  readonly tag: string;
  readonly seen: boolean;
  readonly free: boolean;
}
const focusOf = (page: Page): Promise<Focus> => page.evaluate(FOCUS);

async function press(page: Page, key: string): Promise<Focus> {
  await page.keyboard.press(key);
  const focus = await focusOf(page);
  expect(focus, key).toMatchObject({ seen: true, free: true });
  return focus;
}

const openDetails = (page: Page): Promise<string[]> =>
  page.evaluate(
    `[...document.querySelectorAll('details[open] .detail')].filter((each) => each.checkVisibility()).map(({ id }) => id)`,
  );

const numbers = demo.moments.map(({ n }) => n);

testInBrowser('Tab and Enter reach every step and open its details', () =>
  visit(page, { still: true, axe: false }, async (page) => {
    const reached: Focus[] = [];
    while (reached.filter(({ tag }) => tag === 'SUMMARY').length <= numbers.length) {
      const focus = await press(page, 'Tab');
      reached.push(focus);
      if (focus.tag === 'SUMMARY') await press(page, 'Enter');
    }
    expect(await openDetails(page)).toEqual(numbers.map((n) => `m${n}`));
  }),
);

testInBrowser('arrow keys go from mark to mark, and Enter leads to the details of each', () =>
  visit(page, { still: true, axe: false }, async (page) => {
    while (!(await press(page, 'Tab')).name.startsWith('#m') || (await focusOf(page)).tag !== 'a');
    const marks = [(await focusOf(page)).name];
    while (marks.length < numbers.length) marks.push((await press(page, 'ArrowRight')).name);
    expect(marks).toEqual(numbers.map((n) => `#m${n}`));
    await page.keyboard.press('Enter');
    expect(await openDetails(page)).toEqual([`m${numbers.length}`]);
    expect((await focusOf(page)).name).toBe(`m${numbers.length}`);
    expect((await press(page, 'Escape')).name).toBe(`#m${numbers.length}`);
  }),
);

testInBrowser('without JavaScript it has the same text, and each mark leads to its details', async () => {
  const read = 'document.querySelector("main").textContent';
  let withScript: unknown;
  await visit(page, { axe: false }, async (page) => {
    withScript = await page.evaluate(read);
  });
  await visit(page, { script: false }, async (page) => {
    expect(await page.evaluate(read)).toBe(withScript);
    const marks = await page.locator('a.mark').all();
    for (const mark of marks) await mark.dispatchEvent('click');
    expect(await openDetails(page)).toEqual(numbers.map((n) => `m${n}`));
  });
});

testInBrowser('on paper all details stand', () =>
  visit(page, { print: true, axe: false }, async (page) => {
    await expect.poll(() => page.locator('.detail:visible').count()).toBe(numbers.length);
  }),
);

testInBrowser('nothing moves for those who want that', () =>
  visit(page, { still: true, axe: false }, async (page) => {
    await page.keyboard.press('Tab');
    expect(
      await page.evaluate(
        '[document.getAnimations().length, getComputedStyle(document.documentElement).scrollBehavior]',
      ),
    ).toEqual([0, 'auto']);
  }),
);

testInBrowser('a finger hits every mark, and no other', () =>
  visit(page, { axe: false, width: 390 }, async (page) => {
    const boxes = await page.evaluate<{ x: number; y: number; width: number; height: number }[]>(
      `[...document.querySelectorAll('.hit, summary, input')].map((each) => each.getBoundingClientRect().toJSON())`,
    );
    for (const [at, box] of boxes.entries()) {
      expect(Math.min(box.width, box.height)).toBeGreaterThan(17);
      for (const other of boxes.slice(0, at))
        expect(Math.abs(box.x - other.x) >= 24 || Math.abs(box.y - other.y) >= 24).toBe(true);
    }
  }),
);
