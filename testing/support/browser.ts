import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AxeResults } from 'axe-core';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, onTestFinished, test } from 'vitest';
import { dockerRequired } from './docker-required.ts';
import { temporaryFolder } from './folder.ts';

/** Debian's. Playwright's own would have to be downloaded. */
const found = spawnSync('sh', ['-c', 'command -v chromium'], { encoding: 'utf8' }).stdout.trim();
const available = found !== '';
if (!available) {
  if (dockerRequired)
    throw new Error('SPENDWISE_REQUIRE_DOCKER=1, but there is no Chromium: install chromium');
  process.stderr.write('SKIPPED: no Chromium: tests of pages in a browser\n');
}
/**
 * A browser of its own, which finds names as these rules of Chromium say. Like older and other browsers, it lets any page
 * send requests to this machine.
 */
export async function launched(names: string): Promise<Browser> {
  const args = [
    `--host-resolver-rules=${names}`,
    '--disable-features=LocalNetworkAccessChecks',
    '--no-sandbox',
  ];
  const browser = await chromium.launch({ executablePath: found, args });
  onTestFinished(() => browser.close());
  return browser;
}

/** A test in a browser: skipped, loudly, where there is none. */
export const testInBrowser = test.skipIf(!available);

export interface Look {
  readonly scheme?: 'light' | 'dark';
  readonly width?: number;
  /** As someone has it who wants no motion. */
  readonly still?: boolean;
  /** Off: as with JavaScript blocked. */
  readonly script?: boolean;
  readonly print?: boolean;
  /** Off where what axe-core looks at was looked at before, or is too much for it. */
  readonly axe?: boolean;
}

/** Every page in these. */
export const LOOKS: readonly (Look & { readonly name: string })[] = (['light', 'dark'] as const).flatMap(
  (scheme) => [390, 1280].map((width) => ({ name: `${scheme}, ${width} px`, scheme, width })),
);

/** A4 without its margins, in pixels. */
export const PAPER = 718;

/** For pages that differ from others in their data alone. */
export const TWO_LOOKS: typeof LOOKS = LOOKS.filter(
  ({ scheme, width }) => (scheme === 'light') === (width === 390),
).map((look) => ({ ...look, axe: look.width === 390 }));

/** What a person does with the page. */
type Act = (page: Page) => Promise<void>;

/**
 * A browser for the tests of this file. `visit` opens a page, does something with it, and expects what holds for each of
 * our pages: nothing on the console, no request but for the page, no scrolling to the side, nothing that axe-core finds.
 */
export function useBrowser(): { visit: (page: string | URL, look?: Look, act?: Act) => Promise<void> } {
  let browser: Browser | undefined;
  beforeAll(async () => {
    if (available) browser = await chromium.launch({ executablePath: found, args: ARGUMENTS });
  });
  afterAll(() => browser?.close());
  return {
    visit: async (page, look = {}, act = async () => {}) => {
      if (browser === undefined) throw new Error('no Chromium: this test has to be skipped');
      const { scheme = 'light', width = 1280, still = false, script = true } = look;
      const context = await browser.newContext({
        colorScheme: scheme,
        reducedMotion: still ? 'reduce' : 'no-preference',
        viewport: { width, height: 900 },
        javaScriptEnabled: script,
      });
      try {
        const problems = await problemsOf(context, typeof page === 'string' ? asFile(page) : page, look, act);
        if (problems.length > 0) throw new Error(problems.join('\n'));
      } finally {
        await context.close();
      }
    },
  };
}

/** Names are found nowhere: what slips past the check of requests reaches nobody. */
const ARGUMENTS = ['--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1', '--no-sandbox'];

/** As a person opens it who got it as a file. */
function asFile(text: string): URL {
  const file = join(temporaryFolder(), 'page.html');
  writeFileSync(file, text);
  return pathToFileURL(file);
}

async function problemsOf(context: BrowserContext, url: URL, look: Look, act: Act): Promise<string[]> {
  const problems: string[] = [];
  const isOurs = (asked: string) =>
    url.protocol === 'file:' ? asked.split('#')[0] === url.href : new URL(asked).origin === url.origin;
  await context.route('**', (route) => (isOurs(route.request().url()) ? route.continue() : route.abort()));
  context.on('request', (request) => {
    if (!isOurs(request.url())) problems.push(`request: ${request.url()}`);
  });
  context.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) problems.push(`console: ${message.text()}`);
  });
  context.on('weberror', (error) => problems.push(`error: ${error.error()}`));
  context.on('dialog', (dialog) => {
    problems.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  const page = await context.newPage();
  page.on('websocket', (socket) => problems.push(`request: ${socket.url()}`));
  context.on('page', (opened) => problems.push(`window: ${opened.url()}`));
  await page.goto(url.href, { waitUntil: 'load' });
  if (look.print === true) await page.emulateMedia({ media: 'print' });
  await act(page);
  const [needed = 0, given = 0] = await page.evaluate<number[]>(
    '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
  );
  if (needed > given) problems.push(`scrolls to the side: ${needed} of ${given} px`);
  // Last: it writes to the page.
  return [...problems, ...(look.script === false || look.axe === false ? [] : await axeFinds(page))];
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa', 'best-practice'];

async function axeFinds(page: Page): Promise<string[]> {
  // The debugger runs it: the page's policy stays as it is.
  await page.evaluate(AXE);
  const options = {
    runOnly: RULES,
    rules: { 'target-size': { enabled: true } },
    resultTypes: ['violations'],
  };
  const { violations } = await page.evaluate<AxeResults>(`axe.run(document, ${JSON.stringify(options)})`);
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary ?? ''}`),
  );
}
