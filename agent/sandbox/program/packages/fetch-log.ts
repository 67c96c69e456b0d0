import { closeSync, openSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { plainText } from '../../foundation/plain-text.ts';
import { isGone, ProcessIdentity } from '../../foundation/process-identity.ts';

/** Every fetch ends by then. */
export const MAX_FETCH_MS = 900_000;
/** Where nobody can tell whether a fetch still runs, it counts as ended. */
const CERTAINLY_ENDED_MS = MAX_FETCH_MS + 60_000;

const Begun = z.object({ fetcher: ProcessIdentity, at: z.number() });
const Line = z.union([
  Begun,
  z.object({ notice: z.string() }),
  z.object({ end: z.literal('fetched') }),
  z.object({ end: z.literal('failed'), message: z.string(), hint: z.string(), notConfigured: z.boolean() }),
]);
export type LogLine = z.output<typeof Line>;
export type End = Extract<LogLine, { end: string }>;

export const logLine = (line: LogLine): string => `${JSON.stringify(line)}\n`;

/** Reads the log that a fetch writes: to its end, also when another reader has removed the file. */
export class FetchLog implements Disposable {
  readonly #descriptor: number;
  #rest = '';
  #begun: z.output<typeof Begun> | undefined;
  #end: End | undefined;
  #broken = '';

  private constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /** Undefined where there is none. */
  static open(file: string): FetchLog | undefined {
    try {
      return new FetchLog(openSync(file, 'r'));
    } catch {
      return undefined;
    }
  }

  /** What it has said since the last look. */
  notices(): string[] {
    const lines = (this.#rest + readFileSync(this.#descriptor, 'utf8')).split('\n');
    this.#rest = lines.pop() ?? '';
    return lines.flatMap((line) => this.#read(line));
  }

  #read(text: string): string[] {
    const { data: line } = Line.safeParse(jsonOf(text));
    // What Node prints when a program breaks down.
    if (line === undefined) this.#broken = /^\w*Error\b/.test(text) ? text : this.#broken || text;
    else if ('notice' in line) return [line.notice];
    else if ('end' in line) this.#end = line;
    else this.#begun = line;
    return [];
  }

  /** When it began, in milliseconds of the clock. */
  get since(): number {
    return this.#begun?.at ?? 0;
  }

  get end(): End | undefined {
    return this.#end;
  }

  /** Its process is gone, and it has not said how it ended. */
  get isDead(): boolean {
    return (
      this.#begun === undefined || Date.now() - this.since > CERTAINLY_ENDED_MS || isGone(this.#begun.fetcher)
    );
  }

  /** The last that a dead one said. */
  get broken(): string {
    return plainText(this.#broken).slice(0, 300);
  }

  [Symbol.dispose](): void {
    closeSync(this.#descriptor);
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
