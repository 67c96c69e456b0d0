import { type AuditLine, type ChainEnd, decodeLine, START } from './line.ts';

/** What the `.head` file says: the last line that was written, and its part. */
export interface Head extends ChainEnd {
  readonly part: number;
}

/** One file of a log. */
export interface LogPart {
  /** Counted from 1. */
  readonly number: number;
  readonly bytes: Iterable<Buffer>;
}

export type ProblemKind =
  | 'changed line'
  | 'line removed'
  | 'line inserted'
  | 'reordered'
  | 'cut off'
  | 'torn last line'
  | 'part missing'
  | 'rewritten'
  | 'head missing';

/** The first error in a log. */
export interface Problem {
  readonly kind: ProblemKind;
  /** The first changed line, counted over all parts. For `cut off`: the first missing line. */
  readonly line: number;
  readonly part: number;
}

export interface Verdict {
  /** The number of unchanged lines from the start. */
  readonly lines: number;
  readonly problem: Problem | undefined;
  /** Lines after the last one that the head covers: a crash can leave one, a power loss more. */
  readonly afterHead: number;
}

/** We write no longer line. A file without line feeds must not be read into memory whole. */
const MAX_LINE = 1024 * 1024;

/**
 * Walks a chain once, in order. Pure: reads nothing but what it is given, and holds one line at a time. `onLine` sees
 * every line whose own hash is right, also behind a problem.
 */
export function verifyChain(
  parts: Iterable<LogPart>,
  head: Head | undefined,
  onLine: (line: AuditLine) => void = () => {},
): Verdict {
  const walk = new Walk(head);
  for (const part of parts) {
    walk.enter(part.number);
    for (const { bytes, ended } of cutLines(part.bytes)) {
      const line = ended ? decodeLine(bytes) : undefined;
      if (line) onLine(line);
      if (ended) walk.take(line);
      else walk.tear();
    }
  }
  return walk.verdict();
}

class Walk {
  readonly #head: Head | undefined;
  #end = START;
  #part = 0;
  #partOfLast = 1;
  #torn = false;
  #problem: Problem | undefined;
  /** Set when two lines do not fit together; the next line shows which of the two was changed. */
  #suspect: { hash: string; before: Pick<Problem, 'line' | 'part'> } | undefined;

  constructor(head: Head | undefined) {
    this.#head = head;
  }

  enter(part: number): void {
    if (part !== this.#part + 1) this.#fail('part missing', this.#part + 1);
    this.#part = part;
  }

  take(line: AuditLine | undefined): void {
    if (this.#torn) this.#fail('changed line');
    if (this.#problem) this.#refine(line);
    else this.#follow(line);
  }

  /** A part ended in the middle of a line. */
  tear(): void {
    if (this.#torn) this.#fail('changed line');
    this.#torn = true;
  }

  verdict(): Verdict {
    const { lines } = this.#end;
    const head = this.#head;
    this.#settle(head?.hash);
    if (this.#torn) this.#fail((head?.lines ?? 0) > lines ? 'cut off' : 'torn last line');
    if (head === undefined) this.#fail('head missing');
    else if (head.part > this.#part) this.#fail('part missing', this.#part + 1);
    else if (head.lines > lines) this.#fail('cut off');
    const right = this.#problem ? this.#problem.line - 1 : lines;
    return { lines: right, problem: this.#problem, afterHead: Math.max(0, right - (head?.lines ?? right)) };
  }

  #follow(line: AuditLine | undefined): void {
    const kind = line === undefined ? 'changed line' : this.#objection(line);
    if (kind !== undefined) this.#fail(kind);
    if (kind !== undefined || line === undefined) return;
    this.#end = { lines: line.line, hash: line.hash };
    this.#partOfLast = this.#part;
  }

  /** Why a line with a correct hash does not follow the last one. */
  #objection({ line, prev, hash }: AuditLine): ProblemKind | undefined {
    const expected = this.#end.lines + 1;
    if (line > expected) return 'line removed';
    if (line === expected && prev === this.#end.hash)
      return this.#head?.lines === line && this.#head.hash !== hash ? 'rewritten' : undefined;
    if (line >= expected - 1 && expected > 1 && hash !== this.#end.hash)
      this.#suspect = { hash, before: { line: expected - 1, part: this.#partOfLast } };
    return line < expected ? 'line inserted' : 'changed line';
  }

  #refine(line: AuditLine | undefined): void {
    this.#settle(line?.prev);
    const { kind, line: at } = this.#problem as Problem;
    if (kind === 'line removed' && line?.line === at && line.prev === this.#end.hash)
      this.#problem = { ...(this.#problem as Problem), kind: 'reordered' };
  }

  #settle(nextPrev: string | undefined): void {
    if (this.#problem && this.#suspect && nextPrev === this.#suspect.hash)
      this.#problem = { ...this.#problem, ...this.#suspect.before };
    this.#suspect = undefined;
  }

  #fail(kind: ProblemKind, part = Math.max(1, this.#part)): void {
    this.#problem ??= { kind, line: this.#end.lines + 1, part };
  }
}

/** Cuts at line feeds. The last piece is `ended: false` when there is no line feed after it. */
export function* cutLines(chunks: Iterable<Buffer>): Generator<{ bytes: Buffer; ended: boolean }> {
  let rest = Buffer.alloc(0);
  for (const chunk of chunks) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let from = 0;
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, from)) {
      yield { bytes: bytes.subarray(from, at), ended: true };
      from = at + 1;
    }
    rest = Buffer.from(bytes.subarray(from));
    if (rest.length > MAX_LINE) {
      yield { bytes: rest, ended: true };
      rest = Buffer.alloc(0);
    }
  }
  if (rest.length > 0) yield { bytes: rest, ended: false };
}
