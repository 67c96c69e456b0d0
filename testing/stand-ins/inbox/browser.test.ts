import { expect, onTestFinished } from 'vitest';
import { LOOKS, testInBrowser, useBrowser } from '../../support/browser.ts';
import { startTwilioStandIn } from '../twilio.ts';

const ACCOUNT = { accountSid: `AC${'1'.repeat(32)}`, authToken: 'token' };

async function standIn() {
  const twilio = await startTwilioStandIn(ACCOUNT);
  onTestFinished(() => twilio.close());
  const send = (body: string, to = '+12025550143') =>
    fetch(new URL(`/2010-04-01/Accounts/${ACCOUNT.accountSid}/Messages.json`, twilio.url), {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${ACCOUNT.accountSid}:${ACCOUNT.authToken}`)}` },
      body: new URLSearchParams({ To: to, From: '+15005550006', Body: body }),
    });
  return { twilio, send };
}

const browser = useBrowser();

testInBrowser.each(LOOKS)(
  '$name: a text arrives live, with the newest in view; hostile ones are text',
  async (look) => {
    const { twilio, send } = await standIn();
    for (let n = 0; n < 10; n += 1) await send(`text ${n}`);
    await send('<img src=x onerror=alert(1)>', '+15005550001');
    await browser.visit(twilio.url, look, async (page) => {
      await page.getByText('text 9', { exact: true }).waitFor();
      await send(`<script>alert(1)</script>\u202e${'w'.repeat(1_500)}`);
      twilio.outcomes.setNext({ status: 'undelivered', errorCode: 30003 });
      await send('the newest');
      await expect.poll(() => page.locator('#texts > li').count()).toBe(12);
      twilio.clock.advance(4_000);
      await page.getByText('✕ undelivered: 30003').waitFor();
      const last = await page.locator('#texts > li').last().boundingBox();
      const screen = await page.locator('.screen').boundingBox();
      expect((last?.y ?? 0) + (last?.height ?? 0)).toBeLessThanOrEqual(
        (screen?.y ?? 0) + (screen?.height ?? 0),
      );
      expect(await page.locator('time').last().textContent()).not.toContain('UTC');
      expect(await page.title()).toBe('11 texts on the phone, 1 lost, 1 attempt stopped – Twilio stand-in');
    });
  },
);

testInBrowser('the buttons order faults, by keyboard too, and the page says what is set', async () => {
  const { twilio, send } = await standIn();
  await browser.visit(twilio.url, { still: true }, async (page) => {
    await page.getByRole('button', { name: 'Cut after' }).press('Enter');
    await page.getByText('Next POST: Cut after').waitFor();
    await page.getByLabel('Every text to').fill('nobody');
    await page.getByRole('button', { name: 'failed, 30008' }).click();
    expect(await page.locator('#to:invalid').count()).toBe(1);
    await send('cut').catch(() => {});
    await page.getByText('Fault in its answer: Cut after').waitFor();
    await page.getByText('No fault is set').waitFor();
  });
  expect([...twilio.faults.given]).toEqual([['reset-after', 1]]);
});

testInBrowser('without JavaScript the page is readable, and its buttons work', async () => {
  const { twilio, send } = await standIn();
  await send('hello');
  await browser.visit(twilio.url, { script: false }, async (page) => {
    await page.getByText('hello').waitFor();
    await page.getByRole('button', { name: '429', exact: true }).click();
    await page.getByText('Next POST: 429').waitFor();
  });
});

testInBrowser('a page that lost its stand-in says so; a new one at that port takes it over', async () => {
  const { twilio, send } = await standIn();
  await send('of the first');
  const port = Number(twilio.url.port);
  // Chromium writes a line to the console for each connection that fails, which `visit` takes for a problem.
  const visit = browser.visit(twilio.url, {}, async (page) => {
    await page.getByText('of the first').waitFor();
    await twilio.close();
    await page.getByText('Not connected').waitFor();
    const second = await startTwilioStandIn(ACCOUNT, { port });
    onTestFinished(() => second.close());
    await page.getByText('No texts yet').waitFor();
    await page.getByRole('button', { name: '429', exact: true }).click();
    await page.getByText('Next POST: 429').waitFor();
  });
  await expect(visit).rejects.toThrow(/^(console: Failed to load resource: net::ERR_\w+\n?)+$/);
});
