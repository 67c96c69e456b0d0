import type { ReadStream, WriteStream } from 'node:tty';
import { plainText } from '../plain-text.ts';
import type { Approve } from '../tools/door.ts';
import type { HostUI } from './host-ui.ts';
import { terminalUI } from './terminal-ui.ts';
import { type Theme, themeFor } from './theme.ts';

/** The process's own streams: stdout is data, stderr is messages, and questions go to stderr. */
export interface Host {
  readonly out: Theme;
  readonly err: Theme;
  /** Undefined without a terminal to ask on. */
  readonly ui: HostUI | undefined;
  readonly say: (line: string) => void;
  /** What went wrong and does not end the command. Others' words in it are made safe. */
  readonly warn: (line: string) => void;
}

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
    say: (line) => void stderr.write(`${line}\n`),
    warn: (line) => void stderr.write(`${err.yellow(plainText(line))}\n`),
  };
}

/** The same host, with somebody beside it who hears how texts were approved. */
export const withApprovals = (host: Host, heard: (approve: Approve) => Approve): Host =>
  host.ui === undefined ? host : { ...host, ui: { ...host.ui, approve: heard(host.ui.approve) } };
