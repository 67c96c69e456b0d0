import type { Shown } from '../shown/shown.ts';

/**
 * A stream of the process or a terminal, as all of this app writes to it: nothing but `Shown` goes in. What a cast or a
 * mistake lets through obeys no one all the same: of controls only line feeds and colours are passed on.
 */
export interface Screen {
  readonly columns: number | undefined;
  readonly isTerminal: boolean;
  write(text: Shown): void;
  /** Each with its line feed. */
  line(...lines: readonly Shown[]): void;
  /** On a terminal: in place of the line that is being written. */
  progress(text: Shown): void;
}

export function screenOn(stream: NodeJS.WritableStream): Screen {
  const { isTTY = false } = stream as Partial<NodeJS.WriteStream>;
  const write = (text: Shown) => void stream.write(obeyed(text));
  return {
    get columns() {
      return (stream as Partial<NodeJS.WriteStream>).columns;
    },
    isTerminal: isTTY,
    write,
    line: (...lines) => write(lines.map((line) => `${line}\n`).join('') as Shown),
    progress: (text) => void (isTTY && stream.write(`\r\x1b[K${obeyed(text)}`)),
  };
}

/** stdout: data. */
export const out = screenOn(process.stdout);
/** stderr: messages. */
export const err = screenOn(process.stderr);

const obeyed = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one
  text.replace(/\x1b\[[0-9;]*m|(?!\n)[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, (character) =>
    character.length > 1 ? character : '',
  );
