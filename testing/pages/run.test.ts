import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { textOf } from '../../agent/pages/document.ts';
import { runPage } from '../../agent/pages/run/page.ts';
import type { Story } from '../../agent/pages/run/story.ts';
import { LOOKS, PAPER, TWO_LOOKS, testInBrowser, useBrowser } from '../support/browser.ts';
import { inFull } from '../support/in-full.ts';
import { demoStory, hostileStory, storyOf } from '../support/stories.ts';
import { hostileFields, noScriptRan } from './hostile-fields.ts';

const { visit } = useBrowser();
const demo = demoStory();
const pageOf = async (story: Story) => textOf(await runPage(story, 'UTC'));
const page = await pageOf(demo);
const hostile = await pageOf(hostileFields(demo));
const of200 = await pageOf(storyOf(200));

/** Folded parts too. */
async function unfold(page: Page): Promise<void> {
  await page.locator('summary').click();
  await page.locator('.stops a').first().click();
  expect(await openSteps(page)).toHaveLength(1);
  await noScriptRan(page);
}

testInBrowser.each(LOOKS)('the page of a run is in order in $name', (look) =>
  visit(page, { ...look, still: true }, unfold),
);

for (const [name, text] of [
  ['a payload in each field', hostile],
  ['endless names', await pageOf(hostileStory())],
  ['200 events', of200],
] as const)
  testInBrowser.each(TWO_LOOKS)(`and with ${name} in $name`, (look) =>
    visit(text, { ...look, still: true }, unfold),
  );

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
  return { name: at.getAttribute('href') ?? at.id, tag: at.tagName, seen: ring !== 'none', free: above !== null && (at.contains(above) || above.contains(at)) };
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

const openSteps = (page: Page): Promise<string[]> =>
  page.evaluate(
    `[...document.querySelectorAll('.steps > li')].filter((each) => each.lastElementChild.checkVisibility()).map(({ id }) => '#' + id)`,
  );

const links = demo.moments.map(({ n }) => `#m${n}`);

const tabTo = async (page: Page, tag: 'a' | 'A') => {
  for (;;) {
    const focus = await press(page, 'Tab');
    if (focus.tag === tag && focus.name.startsWith('#m') && !(await page.evaluate(IN_SUMMARY))) return focus;
  }
};
/** The list of what was stopped, above the timeline, has links as well. */
const IN_SUMMARY = `document.activeElement.closest('.stops') !== null`;

testInBrowser('arrow keys go from step to step, and Enter opens each', () =>
  visit(page, { still: true, axe: false }, async (page) => {
    await tabTo(page, 'A');
    for (const [at, link] of links.entries()) {
      const { name } = at === 0 ? await focusOf(page) : await press(page, 'ArrowDown');
      expect(name).toBe(link);
      await press(page, 'Enter');
      expect(await openSteps(page)).toEqual([link]);
    }
    await press(page, 'Enter');
    expect(await openSteps(page)).toEqual([]);
  }),
);

testInBrowser('arrow keys go from mark to mark, and Enter leads to the details of each', () =>
  visit(page, { still: true, axe: false }, async (page) => {
    const marks = [(await tabTo(page, 'a')).name];
    for (const _ of links.slice(1)) {
      marks.push((await press(page, 'ArrowRight')).name);
      const step = await press(page, 'Enter');
      expect([step.name, step.tag, ...(await openSteps(page))]).toEqual([marks.at(-1), 'A', marks.at(-1)]);
      expect(await press(page, 'Escape')).toMatchObject({ name: marks.at(-1), tag: 'a' });
    }
    expect(marks).toEqual(links);
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
    for (const mark of await page.locator('a.mark').all()) {
      await mark.dispatchEvent('click');
      expect(await openSteps(page)).toEqual([await mark.getAttribute('href')]);
    }
  });
});

testInBrowser('of a wide timeline, what was stopped first is in view at once', () =>
  visit(page, { width: 390, axe: false }, async (page) => {
    const inFrame = `(() => {
      const mark = document.querySelector('a.mark.stopped').getBoundingClientRect();
      const frame = document.querySelector('.lanes .wide').getBoundingClientRect();
      return mark.left >= frame.left && mark.left + 24 <= frame.right;
    })()`;
    expect(await page.evaluate(inFrame)).toBe(true);
  }),
);

testInBrowser('on paper all details stand, and drawings are as wide as it', () =>
  visit(page, { print: true, width: PAPER, axe: false }, async (page) => {
    expect(await openSteps(page)).toEqual(links);
    await expect.poll(() => page.getByText('Tool calls: 2 passed').isVisible()).toBe(true);
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
      `[...document.querySelectorAll('.hit, .steps li > a, summary, input')].map((each) => each.getBoundingClientRect().toJSON())`,
    );
    for (const [at, box] of boxes.entries()) {
      expect(Math.min(box.width, box.height)).toBeGreaterThan(17);
      for (const other of boxes.slice(0, at))
        expect(Math.abs(box.x - other.x) >= 24 || Math.abs(box.y - other.y) >= 24).toBe(true);
    }
  }),
);

(inFull ? testInBrowser : test.skip)(
  'a run of ten thousand moments opens in two seconds, and scrolls',
  async () => {
    const text = await pageOf(storyOf(10_000));
    await visit(text, { axe: false }, async (page) => {
      expect(
        await page.evaluate<number>('performance.timing.loadEventEnd - performance.timing.navigationStart'),
      ).toBeLessThan(2_000);
      await page.locator('.list').evaluate('(list) => list.scrollTo(0, 1e9)');
      await expect.poll(() => page.locator('#m10000').isVisible()).toBe(true);
    });
  },
);
