import {
  closeSync,
  existsSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { APPLICATION_ID, isOurs, open, versionOf } from './database.ts';
import { DatabaseUnusable, explained, hasJournal } from './database-unusable.ts';
import { migrate, SCHEMA_VERSION } from './migrations.ts';

const UPGRADE_MS = 60_000;

export interface Upgrade {
  readonly from: number;
  readonly to: number;
  /** A copy of the file as it was. */
  readonly backup: string;
}

/**
 * Brings a database of an earlier version up to date, all or nothing, after a copy of it was made beside it. Undefined if
 * there is nothing to do. An upgrade that was killed must be taken back before. Throws DatabaseUnusable.
 */
export function upgradeDatabase(path: string): Upgrade | undefined {
  if (!existsSync(path) || !isOlder(path)) return undefined;
  // Stays open until the database is closed: closing any descriptor of a file gives up all locks that this process has on
  // it, SQLite's too.
  const original = openSync(path, 'r');
  let backup: string | undefined;
  try {
    const db = open(path, { fileMustExist: true }, (opened) => {
      // Another command may be upgrading it: a large one takes a while.
      opened.pragma(`busy_timeout = ${UPGRADE_MS}`);
      // What another program left in a WAL would be missing in the copy.
      opened.pragma('journal_mode = DELETE');
      // The foreign keys of existing tables cannot change while they are enforced.
      opened.pragma('foreign_keys = OFF');
    });
    try {
      return explained(path, () =>
        db
          .transaction((): Upgrade | undefined => {
            const from = versionOf(db);
            if (!isOurs(db) || from >= SCHEMA_VERSION) return undefined;
            // Nobody else can write now, and nothing has changed yet.
            backup = copyOf(original, path, from);
            migrate(db, from);
            const broken = db.pragma('foreign_key_check') as unknown[];
            if (broken.length > 0)
              throw new DatabaseUnusable(
                `${path} cannot be upgraded: ${broken.length} of its rows refer to rows that are not there`,
                'repair them, or restore the database from a copy',
              );
            return { from, to: SCHEMA_VERSION, backup };
          })
          .exclusive(),
      );
    } finally {
      db.close();
    }
  } catch (error) {
    // It was taken back, so the copy is not needed: a full disk would get fuller with each try.
    if (backup !== undefined && isOlder(path) && !hasJournal(path)) rmSync(backup, { force: true });
    throw error;
  } finally {
    closeSync(original);
  }
}

/** Read from the header, because most commands find nothing to do. */
function isOlder(path: string): boolean {
  const header = Buffer.alloc(72);
  try {
    const file = openSync(path, 'r');
    try {
      readSync(file, header, 0, header.length, 0);
    } finally {
      closeSync(file);
    }
  } catch {
    // A folder, or not readable: opening it reports that.
    return false;
  }
  return header.readUInt32BE(68) === APPLICATION_ID && header.readUInt32BE(60) < SCHEMA_VERSION;
}

/** For the owner of the original only, and never over another copy. */
function copyOf(original: number, path: string, version: number): string {
  for (let n = 0; ; n += 1) {
    const backup = `${path}.v${version}${n === 0 ? '' : `-${n}`}`;
    try {
      const copy = openSync(backup, 'wx', 0o600);
      try {
        copyInto(copy, original);
        return backup;
      } catch (error) {
        rmSync(backup, { force: true });
        throw error;
      } finally {
        closeSync(copy);
      }
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST') continue;
      throw new DatabaseUnusable(
        `${path} was not upgraded: its copy ${backup} could not be written`,
        'make room, or check the permissions of the folder',
        error,
      );
    }
  }
}

/** Is on disk when this returns. */
function copyInto(copy: number, original: number): void {
  const { uid, gid } = fstatSync(original);
  try {
    // If root upgrades the database of another user, the copy is for that user.
    if (process.getuid?.() === 0) fchownSync(copy, uid, gid);
  } catch {
    // Root with fewer capabilities: the copy is root's.
  }
  const block = Buffer.alloc(1024 * 1024);
  for (let at = 0; ; ) {
    const size = readSync(original, block, 0, block.length, at);
    if (size === 0) break;
    for (let done = 0; done < size; ) done += writeSync(copy, block, done, size - done);
    at += size;
  }
  fsyncSync(copy);
}
