import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { ours } from '@spendwise/sandbox/shown';
import { expect, test } from 'vitest';
import { documentOf } from '../../../agent/pages/document.ts';
import { html } from '../../../agent/pages/html.ts';
import { keepPage, writePage } from '../../../agent/pages/write.ts';
import { temporaryFolder } from '../../support/folder.ts';

const page = (text = ours`one`) =>
  documentOf({ title: ours`A page`, styles: [], body: html`<p>${text}</p>` });

test('a page is for its owner, and replaces a page', () => {
  const file = join(temporaryFolder(), 'page.html');
  expect(writePage(file, page())).toBe(file);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  writePage(file, page(ours`two`));
  expect(readFileSync(file, 'utf8')).toContain('<p>two</p>');
});

test('nothing else is replaced, and what cannot be written leaves nothing', () => {
  const folder = temporaryFolder();
  const mine = join(folder, 'mine.html');
  for (const text of ['', '<!doctype html><p>mine</p>']) {
    writeFileSync(mine, text);
    expect(() => writePage(mine, page())).toThrow('is not a page of SpendWise');
    expect(readFileSync(mine, 'utf8')).toBe(text);
  }
  mkdirSync(join(folder, 'folder.html'));
  expect(() => writePage(join(folder, 'folder.html'), page())).toThrow('is not a page of SpendWise');
  const pieces = (function* () {
    yield 'half of it';
    throw new Error('no more memory');
  })();
  expect(() => writePage(join(folder, 'half.html'), { pieces })).toThrow('cannot be written');
  expect(() => writePage(join(folder, 'none', 'page.html'), page())).toThrow('cannot be written');
  expect(readdirSync(folder).sort()).toEqual(['folder.html', 'mine.html']);
});

test('the state folder keeps the newest hundred pages', () => {
  const stateDir = temporaryFolder();
  const first = keepPage(stateDir, 'first', page());
  utimesSync(first, 0, 0);
  for (let n = 1; n <= 100; n += 1) keepPage(stateDir, `page-${n}`, page());
  expect(existsSync(first)).toBe(false);
  expect(readdirSync(join(stateDir, 'pages'))).toHaveLength(100);
});

test('a folder of pages that others may write is refused', () => {
  const stateDir = temporaryFolder();
  keepPage(stateDir, 'first', page());
  chmodSync(join(stateDir, 'pages'), 0o777);
  expect(() => keepPage(stateDir, 'second', page())).toThrow();
});

test('a pipe is not opened, and what others left in the folder stays', () => {
  const stateDir = temporaryFolder();
  const folder = dirname(keepPage(stateDir, 'first', page()));
  const mine = ['mine.html', 'pipe.html'].map((name) => join(folder, name));
  writeFileSync(mine[0] as string, 'mine');
  execFileSync('mkfifo', [mine[1] as string]);
  for (const file of mine) {
    utimesSync(file, 0, 0);
    expect(() => writePage(file, page())).toThrow('is not a page of SpendWise');
  }
  for (let n = 1; n <= 101; n += 1) keepPage(stateDir, `page-${n}`, page());
  for (const file of mine) expect(existsSync(file)).toBe(true);
});
