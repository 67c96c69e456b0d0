import { openSync } from 'node:fs';
import { ReadStream, WriteStream } from 'node:tty';
import { type TerminalUI, terminalUI } from './terminal-ui.ts';
import { themeFor } from './theme.ts';

/** The terminal of the process when stdin and stdout are redirected; undefined if there is none. */
export function openControllingTerminal(signal: AbortSignal): { ui: TerminalUI; close(): void } | undefined {
  try {
    const input = new ReadStream(openSync('/dev/tty', 'r'));
    const output = new WriteStream(openSync('/dev/tty', 'w'));
    const ui = terminalUI({ input, output, theme: themeFor(output), signal });
    return {
      ui,
      close: () => {
        input.destroy();
        output.destroy();
      },
    };
  } catch {
    return undefined;
  }
}
