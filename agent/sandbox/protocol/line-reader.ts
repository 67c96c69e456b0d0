const FEED = 10;
/** Pieces up to this are put together. */
const SMALL = 1_024;

/**
 * Cuts what a server writes into lines. Each byte is looked at and copied once: a server that has begun a long line
 * and goes on byte by byte must not cost more than one that writes it whole.
 */
export class LineReader {
  readonly #maxBytes: number;
  #pieces: Buffer[] = [];
  #size = 0;

  /** `maxBytes`: of a line, without its end. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Lines that are whole now, without their line feed. Throws RangeError when one is too long: nothing follows it. */
  *push(chunk: Buffer): Generator<string> {
    let from = 0;
    for (let at = chunk.indexOf(FEED); at >= 0; at = chunk.indexOf(FEED, from)) {
      this.#keep(chunk.subarray(from, at));
      from = at + 1;
      yield this.#take();
    }
    this.#keep(chunk.subarray(from));
  }

  #keep(piece: Buffer): void {
    if (piece.length === 0) return;
    this.#size += piece.length;
    if (this.#size > this.#maxBytes) {
      this.#pieces = [];
      throw new RangeError(`a line of more than ${this.#maxBytes} bytes`);
    }
    const last = this.#pieces.at(-1);
    // Small pieces are put together, lest a byte should cost a hundred; the large ones stay as they are.
    if (last && last.length + piece.length <= SMALL)
      this.#pieces[this.#pieces.length - 1] = Buffer.concat([last, piece]);
    else this.#pieces.push(piece);
  }

  #take(): string {
    const line = Buffer.concat(this.#pieces, this.#size).toString('utf8');
    this.#pieces = [];
    this.#size = 0;
    return line.endsWith('\r') ? line.slice(0, -1) : line;
  }
}
