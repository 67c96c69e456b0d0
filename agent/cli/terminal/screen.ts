import { fstatSync } from 'node:fs';
import { ours, type Shown } from '@spendwise/sandbox/shown';
import { wrapped } from '@spendwise/sandbox/wrapped';

/**
 * A stream of the process or a terminal, as all of this app writes to it: nothing but `Shown` goes in. What a cast or a
 * mistake lets through obeys no one all the same: of controls only line feeds and colours are passed on. On a terminal
 * long lines are broken here, with a margin: where the window breaks them, words of outsiders begin at column 0.
 */
export interface Screen {
  readonly columns: number | undefined;
  readonly isTerminal: boolean;
  /** `device:inode` of what it writes to: with `> log 2>&1` two streams are one file. */
  readonly file?: string | undefined;
  /** The margin stands before what follows a break. */
  write(text: Shown, margin?: Shown): void;
  /** Each with its line feed. */
  line(...lines: readonly Shown[]): void;
  /** On a terminal: in place of the line that is being written. */
  progress(text: Shown): void;
  /** A prompt that somebody else writes, from column 0, broken as `write` does. */
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

/** stdout: data. */
export const out = screenOn(process.stdout);
/** stderr: messages. */
export const err = screenOn(process.stderr);

const MARGIN = ours`  `;

function fileOf(stream: NodeJS.WritableStream & { fd?: unknown }): string | undefined {
  if (typeof stream.fd !== 'number') return undefined;
  const { dev, ino } = fstatSync(stream.fd, { bigint: true });
  return `${dev}:${ino}`;
}

/** Without a terminal there is no window; one that says 0 does not know how wide it is. */
const wrappedIn = (columns: number | undefined, text: Shown, margin: Shown, column: number) =>
  columns ? wrapped(text, columns, margin, column) : { text, column: 0 };

const obeyed = (text: Shown): Shown =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one
  text.replace(/\x1b\[[0-9;]*m|(?!\n)[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, (character) =>
    character.length > 1 ? character : '',
  ) as Shown;
