import { type Shown, shown } from '@spendwise/sandbox/shown';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { documentOf, MARK, textOf } from '../../../agent/pages/document.ts';
import { html } from '../../../agent/pages/html.ts';

const words = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.array(fc.constantFrom('<', '>', '"', "'", '&', '</style>', '<!--', 'x=')).map((parts) => parts.join('')),
);

test('others’ words end neither an element nor an attribute', () => {
  fc.assert(
    fc.property(words, (text) => {
      const { text: made } = html`<p title="${shown(text)}">${shown(text)}</p>`;
      expect(made.slice('<p title="'.length, -'</p>'.length)).toMatch(/^[^"<>]*">[^"<>]*$/);
    }),
  );
});

test('what the browser reads is what was written', () => {
  const named: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
  fc.assert(
    fc.property(words, (text) => {
      const { text: made } = html`${text as Shown}`;
      expect(made.replace(/&(#?\w+);/g, (_, name) => named[name] ?? '?')).toBe(text);
    }),
  );
});

test('undefined and false are nothing, a list is its parts, and markup stays markup', () => {
  expect(html`a${undefined}${false}b${[html`<i>1</i>`, undefined, html`<i>2</i>`]}${3}`.text).toBe(
    'ab<i>1</i><i>2</i>3',
  );
});

test('a page says what it is, and allows its own style and script alone', () => {
  const document = documentOf({
    title: shown('<b>'),
    styles: [],
    script: 'go()',
    body: html`<main>…</main>`,
  });
  const text = textOf(document);
  expect(text.startsWith(MARK)).toBe(true);
  expect(text).toContain('<title>&lt;b&gt;</title>');
  expect(document.policy).toMatch(
    /^default-src 'none'; style-src 'sha256-[\w+/=]{44}'; script-src 'sha256-[\w+/=]{44}'; base-uri 'none'; form-action 'none'$/,
  );
  expect(text).toContain(`content="${document.policy}"`);
});
