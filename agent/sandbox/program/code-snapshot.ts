import { randomBytes } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, renameSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { Failed } from '../foundation/errors.ts';
import { realPath } from '../foundation/paths.ts';
import { openStateFolder } from '../foundation/state-folder.ts';
import type { Code } from '../plan/launch-plan.ts';
import { type CodeReading, readCode, readHeldCode } from './code-digest.ts';
import { CODE, keepParts } from './code-parts.ts';
import { type HeldFolder, withHeldFolder } from './held-folder.ts';

const DAY_MS = 86_400_000;
/** A snapshot that was not used for this long is removed. */
const UNUSED_MS = 30 * DAY_MS;
const UNUSED_PARTS_MS = 365 * DAY_MS;
const ABANDONED_MS = 3_600_000;

/**
 * Copies code into the state folder, once for each content, and names the copy as what to run: whatever happens to the
 * original after it was read, what is mounted is what the digest is over. Throws Failed.
 */
export function snapshot(code: Code, stateDir: string): Code {
  const { folder } = code;
  if (realPath(folder) !== folder)
    throw new Failed(`${folder} became a link after the manifest was read`, 'find out why before you run it');
  const store = realPath(openStateFolder(stateDir, CODE));
  const reading = withHeldFolder(folder, (held) => {
    const known = nameOf(readHeldCode(held));
    if (!existsSync(join(store, known.name))) return copied(held, store);
    assertIsCopy(join(store, known.name), known.digest);
    return known;
  });
  const place = join(store, reading.name);
  utimesSync(place, new Date(), new Date());
  keepParts(stateDir, reading.digest, reading.parts);
  return { ...code, folder: place, digest: reading.digest, source: folder };
}

/** For a runtime that runs code in place. */
export function readInPlace(code: Code, stateDir: string): Code {
  const { digest, parts } = readCode(code.folder);
  keepParts(stateDir, digest, parts);
  return { ...code, digest };
}

const nameOf = (reading: CodeReading) => ({
  ...reading,
  name: `${reading.digest}-${reading.rights.slice(0, 8)}`,
});

function copied(folder: HeldFolder, store: string): ReturnType<typeof nameOf> {
  removeUnused(store);
  const temporary = join(store, `${randomBytes(8).toString('hex')}.tmp`);
  try {
    // What was read a moment ago does not count any more: the copy does.
    const reading = nameOf(readHeldCode(folder, temporary));
    try {
      renameSync(temporary, join(store, reading.name));
    } catch (error) {
      // Another run has already made the same snapshot.
      if (!existsSync(join(store, reading.name))) throw error;
    }
    return reading;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** A folder has the right name when somebody gave it that: what is in it counts. */
function assertIsCopy(place: string, digest: string): void {
  if (lstatSync(place).isDirectory() && readCode(place).digest === digest) return;
  throw new Failed(
    `${place} does not contain the code that its name says`,
    'find out who can write there, then remove it',
  );
}

function removeUnused(store: string): void {
  for (const name of readdirSync(store)) {
    const path = join(store, name);
    const most = name.endsWith('.tmp') ? ABANDONED_MS : name.endsWith('.json') ? UNUSED_PARTS_MS : UNUSED_MS;
    if (Date.now() - lstatSync(path).mtimeMs > most) rmSync(path, { recursive: true, force: true });
  }
}
