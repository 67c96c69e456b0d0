import { createHmac, randomBytes } from 'node:crypto';
import { closeSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openOwnFile } from './own-files.ts';

const KEY_BYTES = 32;

/** A keyed hash: without the key, nobody can read or guess numbers and texts. */
export type Fingerprint = (kind: 'recipient' | 'text' | 'key' | 'check', value: string) => string;

export const fingerprintWith =
  (key: Buffer): Fingerprint =>
  (kind, value) =>
    createHmac('sha256', key).update(`${kind}\0`).update(value).digest('base64url');

export const randomKey = (): Buffer => randomBytes(KEY_BYTES);

/** The key next to the database, created if it is missing. Two processes that start together get the same one. */
export function keyIn(folder: string): Buffer {
  const path = join(folder, 'key');
  const fresh = join(folder, `key-${process.pid}-${randomBytes(4).toString('hex')}`);
  try {
    writeFileSync(fresh, randomKey(), { flag: 'wx', mode: 0o600, flush: true });
    // Unlike a rename, a link never replaces an existing key.
    linkSync(fresh, path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    rmSync(fresh, { force: true });
  }
  const key = readOwn(path);
  if (key.length !== KEY_BYTES) throw new Error('its file `key` is damaged');
  return key;
}

function readOwn(file: string): Buffer {
  const descriptor = openOwnFile(file, false);
  try {
    return readFileSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
