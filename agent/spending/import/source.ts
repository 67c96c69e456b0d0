import {
  closeSync,
  createReadStream,
  fstatSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { addAbortSignal, type Readable } from 'node:stream';
import { NotAStatement } from './statement.ts';

/** What comes through a pipe is kept until it is read: an endless one must end. */
const MAX_PIPE = 2 ** 31;
const CHUNK = 64 * 1024;

/** A file that stays the same while it is read, even if another one takes its name. */
export class Source {
  readonly name: string;
  readonly size: number;
  readonly #file: number;
  readonly #modified: bigint;

  /** `-` is stdin. Throws NotAStatement for what is no file. */
  static async open(path: string, signal?: AbortSignal): Promise<Source> {
    if (path === '-') return new Source('stdin', await spooled(process.stdin, signal));
    const stats = statSync(path);
    if (stats.isDirectory()) throw new NotAStatement(0, 'is a folder, not a file');
    if (stats.isFIFO()) return new Source(basename(path), await spooled(createReadStream(path), signal));
    if (!stats.isFile()) throw new NotAStatement(0, 'is not a file');
    return new Source(basename(path), openSync(path, 'r'));
  }

  private constructor(name: string, file: number) {
    this.name = name;
    this.#file = file;
    const { size, mtimeNs } = fstatSync(file, { bigint: true });
    this.size = Number(size);
    this.#modified = mtimeNs;
  }

  /** The first bytes. */
  head(length: number): Uint8Array {
    const bytes = Buffer.alloc(Math.min(length, this.size));
    return bytes.subarray(0, readSync(this.#file, bytes, 0, bytes.length, 0));
  }

  /** Each part is valid until the next one is asked for. Throws NotAStatement if the file changes meanwhile. */
  *parts(): Generator<Uint8Array> {
    const bytes = Buffer.allocUnsafe(CHUNK);
    for (let at = 0; at < this.size; ) {
      const read = readSync(this.#file, bytes, 0, Math.min(CHUNK, this.size - at), at);
      if (read === 0) break;
      at += read;
      yield bytes.subarray(0, read);
    }
    const { size, mtimeNs } = fstatSync(this.#file, { bigint: true });
    if (Number(size) !== this.size || mtimeNs !== this.#modified)
      throw new NotAStatement(0, 'changed while it was read');
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** In a file without a name, for its owner only. */
async function spooled(stream: Readable, signal: AbortSignal | undefined): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'spendwise-import-'));
  const file = openSync(join(folder, 'stdin'), 'wx+', 0o600);
  rmSync(folder, { recursive: true });
  let size = 0;
  try {
    for await (const bytes of signal === undefined ? stream : addAbortSignal(signal, stream)) {
      size += bytes.length;
      if (size > MAX_PIPE) throw new NotAStatement(0, 'is too long for a pipe: save it to a file first');
      writeSync(file, bytes);
    }
    return file;
  } catch (error) {
    closeSync(file);
    throw signal?.aborted ? signal.reason : error;
  }
}

const SIGNATURES: readonly (readonly [hex: string, what: string])[] = [
  ['504b0304', 'an Excel file or another ZIP archive'],
  ['d0cf11e0', 'an Excel or another Office file'],
  ['25504446', 'a PDF'],
  ['1f8b', 'a gzip archive'],
  ['53514c697465', 'an SQLite database'],
  ['ffd8ff', 'a picture'],
  ['89504e47', 'a picture'],
];

/** What a file of another kind is: people pick the wrong one. */
export const otherKind = (head: Uint8Array): string | undefined => {
  const hex = Buffer.from(head.subarray(0, 8)).toString('hex');
  return SIGNATURES.find(([start]) => hex.startsWith(start))?.[1];
};
