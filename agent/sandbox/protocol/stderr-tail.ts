import type { Readable } from 'node:stream';
import { plainText } from '../foundation/plain-text.ts';

const KEEP = 4_096;
/** Shorter values would match ordinary text. */
const SHORTEST_SECRET = 6;
const MAX_LINE = 8_192;
/** Of all that is passed on in lines: a server that writes without end would keep us busy. */
const MAX_PASSED = 16 * 1024 * 1024;

/** Keeps the end of a server's stderr, however much it writes; gives its lines to `onLine`, granted values blotted out. */
export class StderrTail {
  readonly #secrets: readonly string[];
  readonly #longest: number;
  readonly #onLine: (line: string) => void;
  #tail = '';
  #line = '';
  /** The rest of a line that is too long. */
  #skipping = false;
  #passed = 0;

  constructor(stderr: Readable, secrets: readonly string[], onLine: (line: string) => void = () => {}) {
    // A value of several lines is blotted out in each of them.
    const parts = secrets.flatMap((secret) => [secret, ...secret.split(/\r?\n/)]);
    this.#secrets = [...new Set(parts)]
      .filter((secret) => secret.length >= SHORTEST_SECRET)
      .sort((a, b) => b.length - a.length);
    this.#longest = this.#secrets[0]?.length ?? 0;
    this.#onLine = onLine;
    stderr.setEncoding('utf8').on('data', (chunk: string) => {
      this.#tail = (this.#tail + chunk).slice(-2 * KEEP);
      if (this.#passed <= MAX_PASSED) this.#take(chunk);
    });
    stderr.on('end', () => {
      if (this.#line !== '') this.#pass(this.#line);
    });
  }

  /** Without terminal control characters and without any value that the server was granted. */
  get text(): string {
    return plainText(this.#blotted(this.#tail)).slice(-KEEP).trim();
  }

  #take(chunk: string): void {
    const [first = '', ...more] = chunk.split('\n');
    this.#add(first);
    for (const piece of more) {
      if (!this.#skipping) this.#pass(this.#line);
      this.#skipping = false;
      this.#line = '';
      this.#add(piece);
    }
  }

  #add(piece: string): void {
    if (this.#skipping) return;
    this.#line += piece;
    if (this.#line.length <= MAX_LINE + this.#longest) return;
    // The end may be the beginning of a value.
    this.#pass(
      `${this.#blotted(this.#line)
        .slice(0, -this.#longest || undefined)
        .slice(0, MAX_LINE)}…`,
    );
    this.#skipping = true;
    this.#line = '';
  }

  #pass(line: string): void {
    if (this.#passed > MAX_PASSED) return;
    this.#passed += line.length + 1;
    this.#onLine(
      this.#passed > MAX_PASSED ? '(it writes too much: the rest is left out)' : this.#blotted(line),
    );
  }

  #blotted(text: string): string {
    let blotted = text;
    for (const secret of this.#secrets) blotted = blotted.replaceAll(secret, '[granted value]');
    return blotted;
  }
}
