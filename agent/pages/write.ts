import {
  closeSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { Failed } from '@spendwise/sandbox/errors';
import { openStateFolder } from '@spendwise/sandbox/foundation';
import { type Document, MARK } from './document.ts';

/** `pages/` of the state folder keeps so many; pages that a person put elsewhere are their own. */
const MAX_PAGES = 100;

/** Writes a page whole or not at all, and for its owner only. Replaces nothing but a page. Throws Failed. */
export function writePage(file: string, { pieces }: Pick<Document, 'pieces'>): string {
  const path = resolve(file);
  const fresh = `${path}.${process.pid}.tmp`;
  try {
    if (isThere(path) && !isPage(path))
      throw new Failed(`${path} is not a page of SpendWise`, 'name another file');
    // Left by a killed process with the same number.
    rmSync(fresh, { force: true });
    writePieces(fresh, pieces);
    renameSync(fresh, path);
  } catch (error) {
    if (error instanceof Failed) throw error;
    rmSync(fresh, { force: true });
    throw new Failed(
      `${path} cannot be written`,
      'name a file in a folder that you can write, or free disk space',
      error,
    );
  }
  return path;
}

/** Writes `pages/NAME.html` of the state folder, and removes the oldest pages there. Returns its path. */
export function keepPage(stateDir: string, name: string, page: Document): string {
  const folder = openStateFolder(stateDir, 'pages');
  const written = writePage(join(folder, `${name}.html`), page);
  const pages = readdirSync(folder)
    .filter((file) => /\.html(\.\d+\.tmp)?$/.test(file))
    // Another run may remove some at the same time.
    .flatMap((name) => {
      const file = join(folder, name);
      const stat = lstatSync(file, { throwIfNoEntry: false });
      return stat?.isFile() ? [{ file, time: stat.mtimeMs }] : [];
    })
    .sort((a, b) => b.time - a.time);
  for (const { file } of pages.slice(MAX_PAGES)) if (isPage(file)) rmSync(file, { force: true });
  return written;
}

function writePieces(file: string, pieces: Iterable<string>): void {
  const descriptor = openSync(file, 'wx', 0o600);
  try {
    for (const piece of pieces) {
      const bytes = Buffer.from(piece);
      for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
    }
  } finally {
    closeSync(descriptor);
  }
}

const isThere = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined;

function isPage(path: string): boolean {
  // To open a pipe or a terminal would wait until somebody writes.
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return false;
  const descriptor = openSync(path, 'r');
  try {
    const start = Buffer.alloc(MARK.length);
    return readSync(descriptor, start) === MARK.length && start.toString('latin1') === MARK;
  } finally {
    closeSync(descriptor);
  }
}
