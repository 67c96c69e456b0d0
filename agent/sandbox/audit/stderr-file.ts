import { closeSync, constants, fstatSync, renameSync, writeSync } from 'node:fs';
import { openStateFile } from '../foundation/state-folder.ts';

/** Twice that is kept of what a server writes: the newest. */
const MAX_BYTES = 512 * 1024;
const { O_APPEND, O_CREAT, O_WRONLY } = constants;

/**
 * What a server writes to stderr, beside the audit log of its run. Not in that log: it promises to hold no texts and no
 * numbers, and what cannot be recorded there does not happen, whereas words that cannot be kept must not end a server. The
 * file is made with the first line.
 */
export class StderrFile {
  readonly #file: string;
  #descriptor: number | undefined;
  #size = 0;

  constructor(log: string) {
    this.#file = stderrFile(log);
  }

  /** Throws what the system says, or NotConfigured where the file belongs to others or is a link. */
  append(line: string): void {
    const bytes = Buffer.from(`${new Date().toISOString()} ${line}\n`);
    this.#descriptor ??= this.#open();
    if (this.#size + bytes.length > MAX_BYTES) {
      this.close();
      renameSync(this.#file, `${this.#file}.old`);
      this.#descriptor = this.#open();
    }
    writeSync(this.#descriptor, bytes);
    this.#size += bytes.length;
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #open(): number {
    const descriptor = openStateFile(this.#file, O_WRONLY | O_APPEND | O_CREAT);
    if (descriptor === undefined) throw new Error('it cannot be created');
    this.#size = fstatSync(descriptor).size;
    return descriptor;
  }
}

export const stderrFile = (log: string): string => `${log}.stderr`;
