import { fstatSync } from 'node:fs';
import { ours, type Shown } from '../foundation/shown/shown.ts';
import { wrapped } from '../foundation/shown/wrapped.ts';

/**
 * The only way to write to a stream or terminal; takes `Shown` text only. As a second guard, it drops all control
 * characters except line feeds and colours. On a terminal it wraps long lines with a margin, so that text from
 * outsiders never starts at column 0.
 */
export interface Screen {
  readonly columns: number | undefined;
  readonly isTerminal: boolean;
  /** `device:inode` of the target. With `> log 2>&1` both streams have the same one. */
  readonly file?: string | undefined;
  /** The margin is put before each wrapped line. */
  write(text: Shown, margin?: Shown): void;
  line(...lines: readonly Shown[]): void;
  /** Replaces the current line on a terminal. */
  progress(text: Shown): void;
  /** Wraps a prompt that readline prints. */
  broken(prompt: Shown): Shown;
}

export function screenOn(stream: NodeJS.WritableStream): Screen {
  const { isTTY = false } = stream as Partial<NodeJS.WriteStream>;
  const columns = () => (stream as Partial<NodeJS.WriteStream>).columns;
  let column = 0;
  const write = (text: Shown, margin = MARGIN) => {
    const broken = wrappedIn(columns(), obeyed(text), margin, column);
    column = broken.column;
    stream.write(broken.text);
  };
  return {
    get columns() {
      return columns();
    },
    isTerminal: isTTY,
    file: fileOf(stream),
    write,
    line: (...lines) => write(lines.map((line) => `${line}\n`).join('') as Shown),
    progress: (text) => void (isTTY && stream.write(`\r\x1b[K${obeyed(text)}`)),
    broken: (prompt) => wrappedIn(columns(), obeyed(prompt), MARGIN, 0).text,
  };
}

export const out = screenOn(process.stdout);
export const err = screenOn(process.stderr);

const MARGIN = ours`  `;

function fileOf(stream: NodeJS.WritableStream & { fd?: unknown }): string | undefined {
  if (typeof stream.fd !== 'number') return undefined;
  const { dev, ino } = fstatSync(stream.fd, { bigint: true });
  return `${dev}:${ino}`;
}

/** No terminal has no width; width 0 means unknown. */
const wrappedIn = (columns: number | undefined, text: Shown, margin: Shown, column: number) =>
  columns ? wrapped(text, columns, margin, column) : { text, column: 0 };

const obeyed = (text: Shown): Shown =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one
  text.replace(/\x1b\[[0-9;]*m|(?!\n)[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, (character) =>
    character.length > 1 ? character : '',
  ) as Shown;
