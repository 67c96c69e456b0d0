import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { inflateRaw } from 'node:zlib';
import { Failed } from '../../../foundation/errors.ts';
import { MAX_CODE_BYTES, MAX_CODE_FILES } from '../../size-limit.ts';
import { normalized } from './markers.ts';

const END = Buffer.from('PK\x05\x06', 'latin1');
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;
const ENCRYPTED = 1;
const STORED = 0;
const DEFLATED = 8;
/** Of the mode that Unix keeps beside a file: its kind, that of a plain file, and whether it can be run. */
const [KIND, PLAIN, RUNNABLE] = [0o170000, 0o100000, 0o111];
const MAX_PATH = 1_000;

interface Entry {
  /** Relative to the folder that it goes to. */
  readonly place: string;
  readonly mode: number;
  readonly size: number;
  readonly deflated: boolean;
  readonly data: Buffer;
}

const broken = (name: string, why: string, cause?: unknown): Failed =>
  new Failed(`not unpacked: the wheel of ${name} ${why}`, 'the package is broken, or hostile', cause);

/** What all wheels of a server may fill together. */
export class Room {
  /** Files and folders. */
  readonly #paths = new Set<string>();
  #bytes = 0;

  take(path: string, size: number): void {
    for (let at = path; at !== '.' && !this.#paths.has(at); at = dirname(at)) this.#paths.add(at);
    this.#bytes += size;
    if (this.#paths.size > MAX_CODE_FILES || this.#bytes > MAX_CODE_BYTES)
      throw new Failed(
        'not unpacked: with all that it depends on it is over 60,000 files or 512 MB',
        'run the server from an image: registry "oci"',
      );
  }
}

/**
 * Unpacks a wheel of this package. By rules of our own, whatever those of the pip that is there: plain files alone, inside
 * of the folder, each once, no larger than they say; no script is made of an entry point. RECORD is not asked: the hash of
 * the whole was compared. Throws Failed.
 */
export async function unpackWheel(name: string, wheel: Buffer, folder: string, room: Room): Promise<void> {
  try {
    const files = entriesOf(name, wheel);
    assertOnce(name, files);
    for (const { place, size } of files) room.take(place, size);
    for (const { place, mode, size, deflated, data } of files) {
      // At least one byte: zlib takes no limit of none.
      const content = deflated ? await promisify(inflateRaw)(data, { maxOutputLength: size || 1 }) : data;
      if (content.length !== size) throw broken(name, `has ${place} of another size than it says`);
      const path = join(folder, place);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content, { mode: (mode & RUNNABLE) === 0 ? 0o644 : 0o755 });
    }
  } catch (error) {
    if (error instanceof Failed) throw error;
    throw broken(name, 'cannot be unpacked', error);
  }
}

/** Also on a disk that takes two names for one that differ in case; and of one package, as its metadata is found by name. */
function assertOnce(name: string, files: readonly Entry[]): void {
  const seen = new Set<string>();
  for (const { place } of files) {
    const key = place.normalize('NFC').toLowerCase();
    if (seen.has(key)) throw broken(name, `has ${place} twice`);
    seen.add(key);
    const of = /^([^/]*?)-[^/-]*\.dist-info(?:\/|$)/i.exec(place)?.[1];
    if (of !== undefined && normalized(of) !== name) throw broken(name, `says that it is ${of}`);
  }
}

/** Where a file goes, as with `pip install --target`; undefined for a header. */
function placeOf(path: string): string | undefined {
  const [, scheme, rest] = /^[^/]+\.data\/([^/]+)\/(.+)$/.exec(path) ?? [];
  if (scheme === undefined) return path;
  if (scheme === 'scripts') return `bin/${rest}`;
  return scheme === 'headers' ? undefined : rest;
}

/** The files of a zip archive, as its directory lists them. Throws Failed, and RangeError for what is not one. */
function entriesOf(name: string, zip: Buffer): Entry[] {
  const end = zip.lastIndexOf(END);
  const entries: Entry[] = [];
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    if (zip.readUInt32LE(at) !== ENTRY) throw broken(name, 'has no directory of its files');
    const [flags, method] = [zip.readUInt16LE(at + 8), zip.readUInt16LE(at + 10)];
    const [packed, size] = [zip.readUInt32LE(at + 20), zip.readUInt32LE(at + 24)];
    const [named, extra, comment] = [28, 30, 32].map((field) => zip.readUInt16LE(at + field)) as [
      number,
      number,
      number,
    ];
    const [mode, start] = [zip.readUInt16LE(at + 40), zip.readUInt32LE(at + 42)];
    const path = new TextDecoder('utf-8', { fatal: true }).decode(zip.subarray(at + 46, at + 46 + named));
    at += 46 + named + extra + comment;
    // A folder is made where a file needs it.
    if (path.endsWith('/') && size === 0) continue;
    assertPath(name, path);
    const kind = mode & KIND;
    if (kind !== 0 && kind !== PLAIN) throw broken(name, `has ${path}, which is no plain file`);
    if ((flags & ENCRYPTED) !== 0 || (method !== STORED && method !== DEFLATED))
      throw broken(name, `has ${path}, packed in a way that is not known here`);
    if (zip.readUInt32LE(start) !== LOCAL) throw broken(name, `has no ${path}, which it lists`);
    const from = start + 30 + zip.readUInt16LE(start + 26) + zip.readUInt16LE(start + 28);
    const place = placeOf(path);
    if (place === undefined) continue;
    entries.push({
      ...{ place, mode, size, deflated: method === DEFLATED },
      data: zip.subarray(from, from + packed),
    });
  }
  return entries;
}

function assertPath(name: string, path: string): void {
  const odd = path.split('/').some((part) => part === '' || part === '.' || part === '..');
  if (odd || path.length > MAX_PATH || /[\\\p{Cc}]/u.test(path))
    throw broken(name, `has the path ${JSON.stringify(path.slice(0, 200))}`);
}
