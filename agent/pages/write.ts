import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Failed } from '@spendwise/sandbox/errors';
import { openStateFolder } from '@spendwise/sandbox/foundation';
import { isGone } from '@spendwise/sandbox/process-identity';
import { type Document, MARK } from './document.ts';

/** `pages/` of the state folder keeps so many; pages that a person put elsewhere are their own. */
const MAX_PAGES = 100;

/** Writes a page whole or not at all, and for its owner only. Replaces nothing but a page. Throws Failed. */
export function writePage(file: string, { pieces }: Pick<Document, 'pieces'>): string {
  const path = resolve(file);
  const folder = dirname(path);
  const fresh = join(folder, `.spendwise-page-${process.pid}-${randomBytes(4).toString('hex')}.tmp`);
  try {
    removeLeftovers(folder);
    const there = lstatSync(path, { throwIfNoEntry: false });
    if (there?.isSymbolicLink()) throw new Failed(`${path} is a symbolic link`, 'name the file itself');
    if (there !== undefined && !isPage(path))
      throw new Failed(`${path} is not a page of SpendWise`, 'name another file');
    writePieces(fresh, pieces);
    renameSync(fresh, path);
  } catch (error) {
    remove(fresh);
    throw error instanceof Failed ? error : notWritten(path, error);
  }
  return path;
}

/** Writes `pages/NAME.html` of the state folder, and removes the oldest pages there. Returns its path. */
export function keepPage(stateDir: string, name: string, page: Document): string {
  const folder = openStateFolder(stateDir, 'pages');
  const written = writePage(join(folder, `${name}.html`), page);
  const pages = readdirSync(folder)
    .filter((file) => file.endsWith('.html'))
    // Another run may remove some at the same time.
    .flatMap((name) => {
      const file = join(folder, name);
      const stat = lstatSync(file, { throwIfNoEntry: false });
      // This one is the newest, also when the clock was set back.
      return stat?.isFile() && file !== written ? [{ file, time: stat.mtimeMs }] : [];
    })
    .sort((a, b) => b.time - a.time);
  for (const { file } of pages.slice(MAX_PAGES - 1)) remove(file, isPage);
  return written;
}

function writePieces(file: string, pieces: Iterable<string>): void {
  const descriptor = openSync(file, 'wx', 0o600);
  try {
    for (const piece of pieces) {
      const bytes = Buffer.from(piece);
      for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
    }
    // Some file systems say only now that the disk is full. After a power loss, the name would lead to an empty file.
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Of processes that were killed while they wrote. This one writes nothing else now. */
function removeLeftovers(folder: string): void {
  for (const name of namesIn(folder)) {
    const pid = Number(/^\.spendwise-page-(\d{1,9})-[0-9a-f]{8}\.tmp$/.exec(name)?.[1]);
    if (pid === process.pid || (pid > 0 && isGone({ host: hostname(), pid, started: '' })))
      remove(join(folder, name));
  }
}

/** None where the folder may be written, but not read. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** What cannot be removed stays: nothing depends on it. */
function remove(file: string, isOurs = (_file: string) => true): void {
  try {
    if (isOurs(file)) rmSync(file);
  } catch {
    // Mostly, there is none.
  }
}

function notWritten(path: string, error: unknown): Failed {
  const code = codeOf(error);
  const hint = ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(code)
    ? 'free disk space, or name a file on another disk'
    : 'check the folder and its permissions, or name a file in another one';
  return new Failed(`${path} cannot be written (${code})`, hint, error);
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error);

function isPage(path: string): boolean {
  // To open a pipe or a terminal would wait until somebody writes.
  if (!lstatSync(path, { throwIfNoEntry: false })?.isFile()) return false;
  const descriptor = openSync(path, 'r');
  try {
    const start = Buffer.alloc(MARK.length);
    return readSync(descriptor, start) === MARK.length && start.toString('latin1') === MARK;
  } finally {
    closeSync(descriptor);
  }
}
