import { createInterface } from 'node:readline/promises';
import type { Readable } from 'node:stream';
import { setTimeout as delay, setImmediate as turnOfInput } from 'node:timers/promises';
import type { ReadStream, WriteStream } from 'node:tty';
import { Interrupted } from '@spendwise/sandbox/errors';
import { describePermission, explainPermission, permissionInShort } from '@spendwise/sandbox/manifest';
import { joined, ours, quoted, type Shown, shown } from '@spendwise/sandbox/shown';
import type { HostUI } from './host-ui.ts';
import { screenOn } from './screen.ts';
import type { Theme } from './theme.ts';

export interface TerminalOptions {
  readonly input: ReadStream;
  readonly output: WriteStream;
  readonly theme: Theme;
  readonly signal: AbortSignal;
}

/** Asks on a terminal. Ctrl-C rejects with Interrupted. End of input, an empty line or anything unclear means no. */
export function terminalUI({ input, output, theme, signal: whole }: TerminalOptions): HostUI {
  const screen = screenOn(output);
  const history: string[] = [];

  async function line(prompt: Shown, signal: AbortSignal, remember = false): Promise<string | undefined> {
    // Text typed before a question must not answer it. In a chat it may, because there it approves nothing.
    if (!remember) await discardTypedAhead(input, signal);
    signal.throwIfAborted();
    if (input.readableEnded || input.destroyed) return undefined;
    const readline = createInterface({
      input,
      output,
      history: remember ? [...history] : [],
      historySize: 100,
    });
    const stop = new AbortController();
    readline.on('SIGINT', () => stop.abort(new Interrupted()));
    readline.on('close', () => stop.abort(END));
    try {
      const text = await readline.question(screen.broken(prompt), {
        signal: AbortSignal.any([signal, stop.signal]),
      });
      if (remember && text.trim()) history.unshift(text);
      return text;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (stop.signal.reason instanceof Interrupted) throw stop.signal.reason;
      if (stop.signal.reason === END) return undefined;
      throw error;
    } finally {
      readline.close();
    }
  }

  return {
    ask: (prompt, signal) => line(prompt, signal, true),
    notice: (text) => screen.line(theme.yellow(text)),

    async accept(server, what, lines, question = ours`Run it with what you granted?`) {
      screen.line(ours`${theme.bold(shown(server))}: ${theme.yellow(what)}`);
      for (const text of lines) screen.line(ours`  ${text}`);
      const answer = await line(ours`  ${question} yes / no [no] `, whole);
      return answer !== undefined && isYes(answer);
    },

    async consent(server, wanted, note) {
      const question = [ours`${theme.bold(shown(server))}: ${describePermission(wanted)}`];
      if (wanted.purpose !== undefined)
        question.push(theme.dim(ours`  its manifest says what for: ${quoted(shown(wanted.purpose))}`));
      for (const text of explainPermission(wanted)) question.push(theme.dim(ours`  ${text}`));
      if (note !== undefined) question.push(ours`  ${theme.yellow(note)}`);
      screen.line(...question);
      // Repeated, because a long text may have pushed it off the screen.
      if (screen.broken(joined(question, '\n')).split('\n').length > MOST_ROWS)
        screen.line(ours`  ${permissionInShort(wanted)}`);
      for (;;) {
        const text = await line(ours`  yes / no / all for this server / quit [no] `, whole);
        if (text === undefined) return 'quit';
        const answer = ANSWERS[text.trim().toLowerCase()];
        if (answer !== undefined) return answer;
        screen.line(theme.dim(ours`  Please answer y, n, a or q.`));
      }
    },

    async approve({ because, recipient, tool, args }, signal) {
      const whom = shown(recipient ?? 'nobody');
      screen.line(ours`${theme.yellow(shown(because))}: ${shown(tool)} to ${whom}`);
      for (const [name, value] of Object.entries(args)) {
        if (name !== 'to') screen.line(ours`  ${shown(name, 80)}: ${quoted(String(value))}`);
      }
      // Repeated, because a long text may have pushed it off the screen.
      const question = ours`  Send exactly this to ${whom}? yes / no [no] `;
      const answer = await line(question, AbortSignal.any([signal, whole]));
      return answer !== undefined && isYes(answer);
    },
  };
}

/** More rows may scroll out of a small window. */
const MOST_ROWS = 10;

const isYes = (answer: string): boolean => /^\s*y(es)?\s*$/i.test(answer);

/**
 * Drops waiting input until none arrives for a while. On a busy machine the wait counts only after the event loop has
 * read input.
 */
async function discardTypedAhead(input: Readable, signal: AbortSignal): Promise<void> {
  let quiet = false;
  const drop = () => {
    quiet = false;
  };
  input.on('data', drop);
  input.resume();
  while (!quiet && !signal.aborted) {
    quiet = true;
    await delay(TYPED_AHEAD_MS);
    await turnOfInput();
  }
  input.off('data', drop);
  input.pause();
}

/** Long enough for waiting input, too short for an answer. */
const TYPED_AHEAD_MS = 25;

const END = Symbol('end of input');

const ANSWERS: Readonly<Record<string, 'yes' | 'no' | 'all' | 'quit'>> = {
  y: 'yes',
  yes: 'yes',
  '': 'no',
  n: 'no',
  no: 'no',
  a: 'all',
  all: 'all',
  q: 'quit',
  quit: 'quit',
};
