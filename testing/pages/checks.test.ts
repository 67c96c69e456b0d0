import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished } from 'vitest';
import { testInBrowser, useBrowser } from '../support/browser.ts';

const page = (body: string, head = '') =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A page</title>${head}</head><body><main><h1>A page</h1>${body}</main></body></html>`;

const { visit } = useBrowser();

testInBrowser('a plain page passes, as a file and from a server', async () => {
  const server = createServer((_, response) => response.setHeader('content-type', 'text/html').end(page('')));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  await visit(page(''));
  await visit(page(''), { script: false, scheme: 'dark', width: 390, print: true });
  await visit(new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`));
});

testInBrowser('each fault of a page is found', async () => {
  const faulty = page(`
    <script>console.error('oops')</script>
    <script>alert(1)</script>
    <script>new WebSocket('ws://127.0.0.1:9/')</script>
    <script>throw new Error('nobody caught it')</script>
    <img src="https://x.example/a.png" alt="Elsewhere">
    <img src="other.png" alt="Another file">
    <img src="data:,">
    <p style="width: 3000px">Wide</p>
    <p style="color: #bbb; background: #fff">Pale text</p>
    <button style="height: 9px; width: 9px; padding: 0">a</button><button style="height: 9px; width: 9px; padding: 0">b</button>`);
  const problems = await visit(faulty, { width: 390 }).then(
    () => '',
    (error: Error) => error.message,
  );
  for (const problem of [
    'console: oops',
    'dialog: 1',
    'request: ws://127.0.0.1:9/',
    'error: Error: nobody caught it',
    'request: https://x.example/a.png',
    'other.png',
    'image-alt: img',
    'scrolls to the side',
    'color-contrast: p',
    'target-size: button',
  ])
    expect(problems).toContain(problem);
});

testInBrowser('a script against the policy of the page is found', async () => {
  const policy = `<meta http-equiv="Content-Security-Policy" content="default-src 'none'">`;
  await expect(visit(page('<script>window.x = 1</script>', policy))).rejects.toThrow(
    'Content Security Policy',
  );
});
