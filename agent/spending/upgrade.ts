import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  openSync,
  readSync,
  rmSync,
} from 'node:fs';
import { APPLICATION_ID, isOurs, open, versionOf } from './database.ts';
import { DatabaseUnusable, explained } from './database-unusable.ts';
import { migrate, SCHEMA_VERSION } from './migrations.ts';

export interface Upgrade {
  readonly from: number;
  readonly to: number;
  /** A copy of the file as it was. */
  readonly backup: string;
}

/**
 * Brings a database of an earlier version up to date, all or nothing, after a copy of it was made beside it. Undefined if
 * there is nothing to do. Throws DatabaseUnusable.
 */
export function upgradeDatabase(path: string): Upgrade | undefined {
  if (!existsSync(path) || !isOlder(path)) return undefined;
  // The foreign keys of existing tables cannot change while they are enforced.
  const db = open(path, { fileMustExist: true }, (opened) => opened.pragma('foreign_keys = OFF'));
  try {
    return explained(path, () =>
      db
        .transaction((): Upgrade | undefined => {
          const from = versionOf(db);
          if (!isOurs(db) || from >= SCHEMA_VERSION) return undefined;
          // Nobody else can write now, and nothing has changed yet.
          const backup = copyOf(path, from);
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

/** For its owner only, and never over another copy. */
function copyOf(path: string, version: number): string {
  for (let n = 0; ; n += 1) {
    const backup = `${path}.v${version}${n === 0 ? '' : `-${n}`}`;
    try {
      copyFileSync(path, backup, constants.COPYFILE_EXCL);
      chmodSync(backup, 0o600);
      return backup;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST') continue;
      rmSync(backup, { force: true });
      throw new DatabaseUnusable(
        `${path} was not upgraded: its copy ${backup} could not be written`,
        'make room, or check the permissions of the folder',
        error,
      );
    }
  }
}
