import type { Readable } from 'node:stream';
import { plainText } from '../foundation/plain-text.ts';

const KEEP = 4_096;
/** Shorter values would match ordinary text. */
const SHORTEST_SECRET = 6;

/** Keeps the end of a server's stderr, however much it writes. */
export class StderrTail {
  readonly #secrets: readonly string[];
  #tail = '';

  constructor(stderr: Readable, secrets: readonly string[]) {
    this.#secrets = secrets.filter((secret) => secret.length >= SHORTEST_SECRET);
    stderr.setEncoding('utf8').on('data', (chunk: string) => {
      this.#tail = (this.#tail + chunk).slice(-2 * KEEP);
    });
  }

  /** Without terminal control characters and without any value that the server was granted. */
  get text(): string {
    let text = this.#tail;
    for (const secret of this.#secrets) text = text.replaceAll(secret, '[granted value]');
    return plainText(text).slice(-KEEP).trim();
  }
}
