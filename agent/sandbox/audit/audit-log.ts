import { closeSync, fdatasyncSync, fstatSync, ftruncateSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Environment } from '../foundation/environment.ts';
import { Failed, SpendwiseError } from '../foundation/errors.ts';
import { secretBlotter } from '../foundation/known-secrets.ts';
import { openStateFolder } from '../foundation/state-folder.ts';
import { encodeHead, headFile, lockFile, newRunLog, partFile, partNumbers, readHead } from './files.ts';
import { type AuditEvent, type ChainEnd, encodeLine, START } from './line.ts';
import { type Lock, takeLock } from './lock.ts';
import { MAX_FOLDER_BYTES, removeOldRuns } from './retention.ts';
import { readTail } from './tail.ts';

export type { AuditEvent } from './line.ts';

const PART_BYTES = 8 * 1024 * 1024;
/** What is written between opening and closing: half of what all runs that have ended may take. */
const MAX_BYTES = MAX_FOLDER_BYTES / 2;

interface AuditLogOptions {
  readonly partBytes?: number;
  /** Of all that is written before it is closed; the last line says that it is full. */
  readonly maxBytes?: number;
  readonly onNewPart?: () => void;
  /** Its secrets are taken out of what is written: a server may put one into a host name. */
  readonly environment?: Environment;
}

/**
 * An append-only log of JSON lines, in parts. Each line has its number, the SHA-256 of the line before (`prev`) and its own
 * (`hash`, over the line without it). A head file holds the number and hash of the last line, so a later change, removal,
 * cut or reordering is detected. Only one process can write a log at a time.
 */
export class AuditLog {
  readonly #file: string;
  readonly #partBytes: number;
  readonly #maxBytes: number;
  readonly #onNewPart: () => void;
  readonly #blotted: (text: string) => string;
  readonly #lock: Lock;
  #descriptor = -1;
  #head = -1;
  #part = 1;
  #size = 0;
  #written = 0;
  #end: ChainEnd = START;
  #closed = false;
  #failure: Failed | undefined;

  /**
   * Opens a log and continues its chain. Reads only the last line. If a crash left that line incomplete, it is removed,
   * and the removal is recorded. Throws Failed when the log cannot be read or written, does not match its head, or is
   * being written by another process.
   */
  constructor(file: string, options: AuditLogOptions = {}) {
    this.#file = file;
    this.#partBytes = options.partBytes ?? PART_BYTES;
    this.#maxBytes = options.maxBytes ?? MAX_BYTES;
    this.#onNewPart = options.onNewPart ?? (() => {});
    this.#blotted = secretBlotter(options.environment ?? {});
    try {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      this.#lock = takeLock(lockFile(file));
    } catch (error) {
      throw unusable(file, error);
    }
    try {
      this.#open();
    } catch (error) {
      this.#release();
      throw unusable(file, error);
    }
  }

  get file(): string {
    return this.#file;
  }

  /** How many lines there are. */
  get lines(): number {
    return this.#end.lines;
  }

  /** The log of a new run, in its own file. Removes old logs when the folder grows too large. Throws Failed. */
  static ofNewRun(stateDir: string, environment: Environment = {}): AuditLog {
    openStateFolder(stateDir, 'audit');
    const prune = () => removeOldRuns(stateDir, (file) => new AuditLog(file));
    const log = new AuditLog(newRunLog(stateDir), { onNewPart: prune, environment });
    try {
      prune();
    } catch (error) {
      log.close();
      throw unusable(log.#file, error);
    }
    return log;
  }

  /**
   * Writes the event before it returns. Throws Failed when it cannot be written or the log is full, and then on every
   * later call: what is not recorded must not happen. Does nothing after `close`.
   */
  append(event: AuditEvent): void {
    if (this.#closed) return;
    if (this.#failure) throw this.#failure;
    try {
      if (this.#written < this.#maxBytes) {
        this.#append(event);
        return;
      }
      const server = 'server' in event ? event.server : undefined;
      this.#append({ event: 'log_full', server, bytes: this.#written });
      this.#failure = full(this.#file, this.#maxBytes);
    } catch (error) {
      this.#failure = new Failed(
        `cannot write the audit log ${this.#file}`,
        'free disk space, or choose another file, and start again; nothing runs unrecorded',
        error,
      );
    }
    throw this.#failure;
  }

  /** Throws the error of a failed `append` again: a run with a gap in its record must not succeed. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    try {
      // Protects against a power loss; a crash of this process loses nothing.
      if (!this.#failure) fdatasyncSync(this.#descriptor);
    } catch {
      // Not every kind of file can be synced.
    }
    this.#release();
    if (this.#failure) throw this.#failure;
  }

  #open(): void {
    const parts = partNumbers(this.#file);
    const head = readHead(this.#file);
    if (head === undefined && parts.length > 0) throw new Failed('its head is missing', SUSPICIOUS);
    this.#part = parts.at(-1) ?? 1;
    let torn: Buffer = Buffer.alloc(0);
    // A new part may have been made, and nothing written to it.
    for (const part of parts.toReversed()) {
      const tail = readTail(partFile(this.#file, part));
      if (part === this.#part) {
        torn = tail.torn;
        this.#size = tail.size;
      }
      if (tail.last === 'unreadable') throw new Failed('its last line was changed', SUSPICIOUS);
      if (tail.last === undefined) continue;
      this.#end = { lines: tail.last.line, hash: tail.last.hash };
      break;
    }
    const { lines, hash } = this.#end;
    if (head && (lines < head.lines || (lines === head.lines && hash !== head.hash)))
      throw new Failed(`its head says ${head.lines} lines, but some are missing or different`, SUSPICIOUS);
    // Create the head first: a log without a head counts as one whose head was removed.
    this.#head = openSync(headFile(this.#file), head === undefined ? 'w' : 'r+', 0o600);
    this.#writeHead();
    this.#descriptor = openSync(partFile(this.#file, this.#part), 'a', 0o600);
    if (torn.length > 0) {
      ftruncateSync(this.#descriptor, this.#size);
      const text = torn.toString('utf8', 0, 1_000);
      this.#append({ event: 'torn_line_removed', bytes: torn.length, text });
    }
  }

  #append(event: AuditEvent): void {
    const { bytes, end } = encodeLine(event, this.#end, new Date().toISOString(), this.#blotted);
    if (this.#size > 0 && this.#size + bytes.length > this.#partBytes) this.#nextPart();
    try {
      writeAll(this.#descriptor, bytes);
    } catch (error) {
      this.#takeBack();
      throw error;
    }
    this.#size += bytes.length;
    this.#written += bytes.length;
    this.#end = end;
    this.#writeHead();
  }

  #writeHead(): void {
    const head = encodeHead({ ...this.#end, part: this.#part });
    if (writeSync(this.#head, head, 0, head.length, 0) !== head.length) throw new Error('the disk is full');
  }

  #nextPart(): void {
    const next = openSync(partFile(this.#file, this.#part + 1), 'ax', 0o600);
    fdatasyncSync(this.#descriptor);
    closeSync(this.#descriptor);
    this.#descriptor = next;
    this.#part += 1;
    this.#size = 0;
    this.#onNewPart();
  }

  /** Removes a partly written line (full disk): it would look like a crash. */
  #takeBack(): void {
    try {
      if (fstatSync(this.#descriptor).size > this.#size) ftruncateSync(this.#descriptor, this.#size);
    } catch {
      // Then the next process to open the log finds the torn line.
    }
  }

  #release(): void {
    for (const descriptor of [this.#descriptor, this.#head]) if (descriptor >= 0) closeSync(descriptor);
    this.#lock.release();
  }
}

const SUSPICIOUS =
  '`spendwise sandbox audit verify FILE` says what is wrong; choose another file, or move this one away';

function writeAll(descriptor: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
}

const full = (file: string, most: number): Failed =>
  new Failed(
    `the audit log ${file} is full: one run may write ${Math.round(most / 1024 / 1024)} MB`,
    'see what wrote so much with `spendwise sandbox audit show`, and start again; nothing runs unrecorded',
  );

function unusable(file: string, error: unknown): Failed {
  const hint = error instanceof SpendwiseError ? error.hint : 'choose another file, or move this one away';
  const why = error instanceof SpendwiseError ? `: ${error.message}` : '';
  return new Failed(`cannot use the audit log ${file}${why}`, hint, error);
}
