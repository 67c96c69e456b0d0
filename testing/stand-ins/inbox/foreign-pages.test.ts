import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';
import { launched, testInBrowser } from '../../support/browser.ts';
import { ofToday } from '../../support/in-full.ts';
import { closeServer } from '../listen.ts';
import { startTwilioStandIn } from '../twilio.ts';

const ACCOUNT = { accountSid: `AC${'1'.repeat(32)}`, authToken: 'token' };
const SENT = 'a text that only the phone may show';

/** A stand-in with a text in its inbox, and a fault that waits. */
async function standIn() {
  const twilio = await startTwilioStandIn(ACCOUNT);
  onTestFinished(() => twilio.close());
  await fetch(new URL(`/2010-04-01/Accounts/${ACCOUNT.accountSid}/Messages.json`, twilio.url), {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${ACCOUNT.accountSid}:${ACCOUNT.authToken}`)}` },
    body: new URLSearchParams({ To: '+12025550143', From: '+15005550006', Body: SENT }),
  });
  for (const method of ['GET', 'POST'] as const) twilio.faults.next('429', 1, method);
  return twilio;
}

/** Pages of an attacker: whatever is asked of it, it is an empty page. */
async function attackersServer(): Promise<number> {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/html', 'access-control-allow-origin': '*' });
    response.end('<!doctype html><title>attacker</title>');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => closeServer(server));
  return (server.address() as AddressInfo).port;
}

/** Runs in the attacker's page: tries to read the inbox at `target` and to press its buttons. Gives what it could read. */
const ATTACK = (target: string) => `(async () => {
  const target = ${JSON.stringify(target)};
  const read = [];
  const REFUSED = /^(Only the page|Open this page|Press the buttons|The API is for|\\{"code":20(003|404),)/;
  const take = (how, text) => { if (text && !REFUSED.test(text)) read.push(how + ': ' + text.slice(0, 200)); };
  const soon = (promise) => Promise.race([promise, new Promise((done) => setTimeout(done, 400))]).catch(() => {});
  const form = 'arm=clear&token=&To=%2B12025550143&Body=forged';
  const types = ['application/x-www-form-urlencoded', 'text/plain'];
  for (const path of ['/', '/events', '/switches', '//', '/%2e%2e/', '/2010-04-01/Accounts/x/Messages.json', '/stand-in']) {
    for (const mode of ['cors', 'no-cors', 'same-origin']) {
      await soon(fetch(target + path, { mode, credentials: 'include' }).then(async (r) => path.endsWith('events') && r.ok ? take(mode + path, 'a stream') : take(mode + path, await r.text())));
      for (const type of types) await soon(fetch(target + path, { mode, method: 'POST', body: form, headers: { 'content-type': type } }).then(async (r) => take('POST ' + mode + path, await r.text())));
    }
    navigator.sendBeacon(target + path, new Blob([form], { type: types[0] }));
  }
  await soon(new Promise((done) => {
    const source = new EventSource(target + '/events');
    source.onmessage = ({ data }) => { take('EventSource', data); source.close(); done(); };
    source.onerror = () => { source.close(); done(); };
  }));
  await soon(new Promise((done) => {
    const socket = new WebSocket(target.replace('http', 'ws') + '/events');
    socket.onopen = () => { take('WebSocket', 'open'); done(); };
    socket.onerror = done;
  }));
  for (const [tag, field] of [['iframe', 'src'], ['embed', 'src'], ['object', 'data'], ['script', 'src'], ['img', 'src'], ['link', 'href']])
    await soon(new Promise((done) => {
      const one = Object.assign(document.createElement(tag), { onerror: done, onload: () => {
        try { take(tag, one.contentDocument?.body?.innerText); } catch {}
        if (tag === 'script' || tag === 'img') take(tag, 'loaded');
        done();
      } });
      if (tag === 'link') one.rel = 'stylesheet';
      one[field] = target + '/';
      document.body.append(one);
    }));
  for (const path of ['/switches', '/', '/2010-04-01/Accounts/x/Messages.json']) for (const enctype of types) {
    const frame = Object.assign(document.createElement('iframe'), { name: 'f' + Math.random() });
    const sender = Object.assign(document.createElement('form'), { action: target + path, method: 'post', enctype, target: frame.name });
    for (const [name, value] of new URLSearchParams(form)) sender.append(Object.assign(document.createElement('input'), { name, value }));
    document.body.append(frame, sender);
    await soon(new Promise((done) => { frame.onload = done; sender.submit(); }));
    try { take('form', frame.contentDocument?.body?.innerText); } catch {}
  }
  const opened = window.open(target + '/');
  await new Promise((done) => setTimeout(done, 500));
  try { take('window', opened?.document.body.innerText); } catch {}
  return read;
})()`;

/** Where an attacker's page comes from, and the inbox as it is for that page. */
const ORIGINS: readonly [string, (own: number, inbox: string) => { from: string; target: string }][] = [
  [
    'another port',
    (own, inbox) => ({ from: `http://127.0.0.1:${own}`, target: `http://127.0.0.1:${inbox}` }),
  ],
  [
    'another name',
    (own, inbox) => ({ from: `http://localhost:${own}`, target: `http://127.0.0.1:${inbox}` }),
  ],
  [
    'another site',
    (own, inbox) => ({ from: `http://attacker.example:${own}`, target: `http://localhost:${inbox}` }),
  ],
  // Its name led to its own server when its page was loaded, and leads to this machine since: DNS rebinding.
  [
    'a rebound name',
    (_, inbox) => {
      const from = `http://attacker.example:${inbox}`;
      return { from, target: from };
    },
  ],
];

testInBrowser.each(ofToday(ORIGINS, 2))(
  'a page of %s reads nothing, and presses nothing',
  async (_, place) => {
    const [twilio, own] = [await standIn(), await attackersServer()];
    const { from, target } = place(own, twilio.url.port);
    const names = 'MAP attacker.example 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost';
    const browser = await launched(names);
    const page = await browser.newPage();
    await page.route(`${from}/attack`, (route) =>
      route.fulfill({ contentType: 'text/html', body: '<body>' }),
    );
    await page.goto(`${from}/attack`);
    // A server that lets anybody read: the attack itself works.
    const open = `http://127.0.0.1:${await attackersServer()}`;
    expect((await page.evaluate<string[]>(ATTACK(open))).length).toBeGreaterThan(10);
    expect(await page.evaluate<string[]>(ATTACK(target))).toEqual([]);
    const framed = await Promise.all(page.frames().map((frame) => frame.content()));
    expect(framed.filter((markup) => markup.includes('Twilio stand-in'))).toEqual([]);
    await unchanged(twilio, await browser.newPage());
  },
);

/** The inbox as it was: one text, nothing stopped, and the faults still wait. */
async function unchanged(twilio: Awaited<ReturnType<typeof standIn>>, page: Page): Promise<void> {
  await page.goto(twilio.url.href);
  expect(await page.locator('#headline').textContent()).toBe('One text on the phone');
  expect(twilio.faults.armed).toEqual({ GET: [{ kind: '429' }], POST: [{ kind: '429' }] });
}
