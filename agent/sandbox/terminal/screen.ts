import { fstatSync } from 'node:fs';
import { ours, type Shown } from '../foundation/shown/shown.ts';
import { Wrapping, wrapped } from '../foundation/shown/wrapped.ts';

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
  /** The same for a piece of a text. On a terminal its last word may wait for what comes next, to stay whole. */
  writePiece(text: Shown, margin: Shown): void;
  line(...lines: readonly Shown[]): void;
  /** Replaces the last line of a terminal, for now: it is gone before anything else is written there. */
  progress(text: Shown): void;
  /** A question is open: nothing is drawn over what the user types. */
  readonly asking: boolean;
  question<T>(ask: () => Promise<T>): Promise<T>;
  /** Wraps a prompt that readline prints. */
  broken(prompt: Shown): Shown;
}

/** One for all screens: stdout, stderr and questions mostly are the same terminal. */
let drawn: NodeJS.WritableStream | undefined;
let questions = 0;
/** The last line on the terminal has no end yet. */
let open = false;

function wipe(): void {
  drawn?.write('\r\x1b[K');
  drawn = undefined;
}

export function screenOn(stream: NodeJS.WritableStream): Screen {
  const { isTTY = false } = stream as Partial<NodeJS.WriteStream>;
  // A terminal that does not know its width says 0.
  const columns = () => (stream as Partial<NodeJS.WriteStream>).columns || undefined;
  const wrapping = new Wrapping();
  const writePiece = (text: Shown, margin: Shown) => {
    const width = columns();
    // No terminal has no width.
    put(width ? wrapping.take(obeyed(text), width, margin) : ours`${wrapping.end()}${obeyed(text)}`);
  };
  const put = (text: Shown) => {
    if (text === '') return;
    if (isTTY) {
      wipe();
      open = !ENDED.test(text);
    }
    stream.write(text);
  };
  const write = (text: Shown, margin = MARGIN) => {
    writePiece(text, margin);
    put(wrapping.end());
  };
  return {
    get columns() {
      return columns();
    },
    isTerminal: isTTY,
    file: fileOf(stream),
    write,
    writePiece,
    line(...lines) {
      const text = lines.map((one) => `${one}\n`).join('') as Shown;
      const width = columns();
      if (width === undefined) return write(text);
      for (const one of text.split(/(?<=\n)/) as Shown[]) write(one, hanging(one, width));
    },
    progress(text) {
      wipe();
      if (!isTTY || text === '' || open || questions > 0) return;
      // Ctrl-C pressed twice ends the process at once.
      if (!process.listeners('exit').includes(wipe)) process.once('exit', wipe);
      drawn = stream;
      stream.write(obeyed(text));
    },
    get asking() {
      return questions > 0;
    },
    async question(ask) {
      wipe();
      questions += 1;
      try {
        return await ask();
      } finally {
        questions -= 1;
      }
    },
    broken: (prompt) => wrapped(obeyed(prompt), columns() ?? Number.POSITIVE_INFINITY, MARGIN),
  };
}

export const out = screenOn(process.stdout);
export const err = screenOn(process.stderr);

const MARGIN = ours`  `;

/** What follows a break is further in than its line: it looks like no line of a list. */
const hanging = (line: Shown, columns: number): Shown => {
  const [, indent = ''] = INDENT.exec(line) ?? [];
  return ours`${indent.slice(0, columns / 4) as Shown}${MARGIN}`;
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one
const INDENT = /^(?:\x1b\[[0-9;]*m)*( *)/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one
const ENDED = /\n(\x1b\[[0-9;]*m)*$/;

function fileOf(stream: NodeJS.WritableStream & { fd?: unknown }): string | undefined {
  if (typeof stream.fd !== 'number') return undefined;
  const { dev, ino } = fstatSync(stream.fd, { bigint: true });
  return `${dev}:${ino}`;
}

const obeyed = (text: Shown): Shown =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one
  text.replace(/\x1b\[[0-9;]*m|(?!\n)[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, (character) =>
    character.length > 1 ? character : '',
  ) as Shown;
