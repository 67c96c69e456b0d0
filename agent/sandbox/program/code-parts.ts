import { randomBytes } from 'node:crypto';
import { renameSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ours, quoted, type Shown, shown } from '../foundation/shown/shown.ts';
import { openStateFolder, readStateFile } from '../foundation/state-folder.ts';

/** What code consists of: a file's path or a package's name, and what says whether it is the same. */
export type CodeParts = ReadonlyMap<string, string>;

const Kept = z.record(z.string(), z.string());
const SHOWN = 20;
export const CODE = 'code';

/** Where snapshots of code are kept, and by each code's digest what it consists of. For its owner only. */
const codeStore = (stateDir: string): string => join(stateDir, CODE);

const fileOf = (stateDir: string, digest: string): string | undefined =>
  /^[0-9a-f]{64}$/.test(digest) ? join(codeStore(stateDir), `${digest}.json`) : undefined;

/** Kept beside the grants, so that a later change can be named. */
export function keepParts(stateDir: string, digest: string, parts: CodeParts): void {
  const file = fileOf(stateDir, digest);
  if (file === undefined) return;
  openStateFolder(stateDir, CODE);
  try {
    utimesSync(file, new Date(), new Date());
  } catch {
    const temporary = `${file}.${randomBytes(4).toString('hex')}.tmp`;
    writeFileSync(temporary, JSON.stringify(Object.fromEntries(parts)), { mode: 0o600 });
    renameSync(temporary, file);
  }
}

/** The digest of code that runs in an image: over both, and each can be told from it. */
export const inImage = (code: string, image: string): string => `${code} in ${image}`;

/** How code, and the image in which it runs, differ from what was granted, in lines; none when they do not. */
export function codeChanges(stateDir: string, before: string, now: string): Shown[] {
  const [was, is] = [apart(before), apart(now)];
  const image = ours`the image that its code runs in was ${start(was.image)}, is ${start(is.image)}`;
  return [...(was.image === is.image ? [] : [image]), ...partChanges(stateDir, was.code, is.code)];
}

function apart(digest: string): { code: string; image: string | undefined } {
  const [code = '', image] = digest.split(' in ');
  return { code, image };
}

const start = (digest: string | undefined): Shown =>
  digest === undefined ? ours`none` : ours`${shown(digest.slice(0, 19))}…`;

function partChanges(stateDir: string, before: string, now: string): Shown[] {
  if (before === now) return [];
  const [known, found] = [readParts(stateDir, before), readParts(stateDir, now)];
  const hashes = ours`its code was ${start(before)}, is ${start(now)}`;
  if (known === undefined || found === undefined) return [hashes];
  const lines = [
    ...[...found]
      .filter(([name]) => !known.has(name))
      .map(([name]) => ours`new in its code: ${quoted(name, 300)}`),
    ...[...found]
      .filter(([name, value]) => known.has(name) && known.get(name) !== value)
      .map(([name]) => ours`changed in its code: ${quoted(name, 300)}`),
    ...[...known]
      .filter(([name]) => !found.has(name))
      .map(([name]) => ours`removed from its code: ${quoted(name, 300)}`),
  ];
  if (lines.length === 0) return [hashes];
  const rest = lines.length - SHOWN;
  return rest > 0 ? [...lines.slice(0, SHOWN), ours`and ${rest} more in its code`] : lines;
}

/** Undefined when it is not known (any more). */
function readParts(stateDir: string, digest: string): CodeParts | undefined {
  const file = fileOf(stateDir, digest);
  try {
    const text = file === undefined ? undefined : readStateFile(file);
    return text === undefined ? undefined : new Map(Object.entries(Kept.parse(JSON.parse(text))));
  } catch {
    return undefined;
  }
}
