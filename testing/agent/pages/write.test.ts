import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
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
import { REPO, SOURCES } from '../../support/run.ts';

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
  for (const [path, why] of [
    ['none/page.html', 'ENOENT'],
    ['mine.html/page.html', 'ENOTDIR'],
    [`${'x'.repeat(300)}.html`, 'ENAMETOOLONG'],
  ] as const)
    expect(() => writePage(join(folder, path), page())).toThrow(`cannot be written (${why})`);
  expect(readdirSync(folder).sort()).toEqual(['folder.html', 'mine.html']);
});

test('a link is not replaced, and a page with two names stays at the other one', () => {
  const folder = temporaryFolder();
  const at = (name: string) => join(folder, name);
  writePage(at('page.html'), page());
  for (const [target, name] of [
    ['page.html', 'link.html'],
    ['nowhere/page.html', 'dangling.html'],
    ['loop.html', 'loop.html'],
  ] as const) {
    symlinkSync(target, at(name));
    expect(() => writePage(at(name), page(ours`two`))).toThrow(`${name} is a symbolic link`);
  }
  linkSync(at('page.html'), at('hard.html'));
  writePage(at('hard.html'), page(ours`two`));
  expect(readFileSync(at('hard.html'), 'utf8')).toContain('two');
  expect(readFileSync(at('page.html'), 'utf8')).toContain('one');
});

/** Writes a page of twenty pieces, and kills itself before that one. */
const MORTAL = `
  const { writePage } = await import('${REPO}agent/pages/write.ts');
  const [file, last] = process.argv.slice(1);
  writePage(file, { pieces: (function* () {
    for (let piece = 0; ; piece += 1) {
      if (piece === Number(last)) process.kill(process.pid, 'SIGKILL');
      yield 'x'.repeat(10_000);
    }
  })() });`;

test('kill -9 while a page is written leaves the one before, and what is left over goes with the next', () => {
  const folder = temporaryFolder();
  const file = join(folder, 'page.html');
  writePage(file, page());
  const before = readFileSync(file, 'utf8');
  for (const last of [0, 1, 20]) {
    const args = [SOURCES, '--input-type=module', '--eval', MORTAL, file, String(last)];
    expect(spawnSync(process.execPath, args).signal).toBe('SIGKILL');
    expect(readFileSync(file, 'utf8')).toBe(before);
    // That of the one before is gone.
    expect(readdirSync(folder)).toHaveLength(2);
  }
  // Somebody else's, or of somebody who still writes.
  const others = [`.spendwise-page-${process.ppid}-0123abcd.tmp`, '.spendwise-page-x.tmp', 'page.html.tmp'];
  for (const name of others) writeFileSync(join(folder, name), '');
  writePage(join(folder, 'another.html'), page());
  expect(readdirSync(folder).sort()).toEqual([...others, 'another.html', 'page.html'].sort());
});

test('the state folder keeps the newest hundred pages', () => {
  const stateDir = temporaryFolder();
  const first = keepPage(stateDir, 'first', page());
  utimesSync(first, 0, 0);
  for (let n = 1; n <= 100; n += 1) keepPage(stateDir, `page-${n}`, page());
  expect(existsSync(first)).toBe(false);
  expect(readdirSync(join(stateDir, 'pages'))).toHaveLength(100);
  for (let n = 1; n <= 100; n += 1) utimesSync(join(stateDir, 'pages', `page-${n}.html`), 4e9, 4e9);
  expect(existsSync(keepPage(stateDir, 'after the clock was set back', page()))).toBe(true);
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
