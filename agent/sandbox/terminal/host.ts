import type { ReadStream, WriteStream } from 'node:tty';
import type { Busy } from '../foundation/busy.ts';
import { type Shown, shown } from '../foundation/shown/shown.ts';
import { err as screen } from './screen.ts';
import { type TerminalUI, terminalUI } from './terminal-ui.ts';
import { type Theme, themeFor } from './theme.ts';
import { begin, busyWith } from './working.ts';

/** The streams of the process: stdout for data, stderr for messages and questions. */
export interface Host<UI extends TerminalUI = TerminalUI> {
  readonly out: Theme;
  readonly err: Theme;
  /** Undefined without a terminal to ask on. */
  readonly ui: UI | undefined;
  readonly say: (line: Shown) => void;
  /** Warnings. Text from outsiders is made safe here. */
  readonly warn: (line: string) => void;
  /** Less important messages; made safe too. */
  readonly mention: (line: string) => void;
  readonly busy: Busy;
}

const MOST = 2_000;

export function openHost(signal: AbortSignal): Host {
  const { stdin, stdout, stderr } = process;
  const err = themeFor(stderr);
  const interactive = stdin.isTTY && stderr.isTTY;
  return {
    out: themeFor(stdout),
    err,
    ui: interactive
      ? terminalUI({ input: stdin as ReadStream, output: stderr as WriteStream, theme: err, signal })
      : undefined,
    say: (line) => screen.line(line),
    warn: (line) => screen.line(err.yellow(shown(line, MOST))),
    mention: (line) => screen.line(err.dim(shown(line, MOST))),
    busy: busyWith(begin),
  };
}
