import { createInterface } from 'node:readline/promises';
import { type Readable, Writable } from 'node:stream';
import { setTimeout as delay, setImmediate as turnOfInput } from 'node:timers/promises';
import type { ReadStream, WriteStream } from 'node:tty';
import type { ConsentUI } from '../consent/consent.ts';
import { Interrupted } from '../foundation/errors.ts';
import { joined, ours, quoted, type Shown, shown } from '../foundation/shown/shown.ts';
import { describePermission, explainPermission, permissionInShort } from '../manifest/index.ts';
import { screenOn } from './screen.ts';
import type { Theme } from './theme.ts';

/** The user at the terminal. Everything it asks defaults to no. */
export interface TerminalUI extends ConsentUI {
  /** Reads a line. Undefined at the end of input. Rejects with the reason of the signal. */
  ask(prompt: Shown, signal: AbortSignal): Promise<string | undefined>;
  /** Reads a line without showing it. Undefined at the end of input. */
  askSecret(prompt: Shown, signal: AbortSignal): Promise<string | undefined>;
  /** Shows the lines, and asks. Only a clear yes is true. */
  confirm(lines: readonly Shown[], question: Shown, signal: AbortSignal): Promise<boolean>;
}

export interface TerminalOptions {
  readonly input: ReadStream;
  readonly output: WriteStream;
  readonly theme: Theme;
  readonly signal: AbortSignal;
}

/** Asks on a terminal. Ctrl-C rejects with Interrupted. End of input, an empty line or anything unclear means no. */
export function terminalUI({ input, output, theme, signal: whole }: TerminalOptions): TerminalUI {
  const screen = screenOn(output);
  const history: string[] = [];
  // Of a terminal that was closed.
  for (const stream of [input, output]) stream.on('error', () => {});

  async function line(
    prompt: Shown,
    signal: AbortSignal,
    { remember = false, secret = false } = {},
  ): Promise<string | undefined> {
    // Text typed before a question must not answer it. Where nothing is approved, it may.
    if (!remember && !secret) await discardTypedAhead(input, signal);
    signal.throwIfAborted();
    if (input.readableEnded || input.destroyed) return undefined;
    const readline = createInterface({
      input,
      output: secret ? nowhere() : output,
      // As a line of the terminal itself, which moves no cursor.
      ...(theme.plain && { terminal: false }),
      ...(secret && { terminal: true }),
      history: remember ? [...history] : [],
      historySize: 100,
    });
    const stop = new AbortController();
    readline.on('SIGINT', () => stop.abort(new Interrupted()));
    readline.on('close', () => stop.abort(END));
    // Only a terminal that was closed refuses to be one.
    readline.on('error', () => stop.abort(new Interrupted('SIGHUP')));
    try {
      const text = await screen.question(() =>
        readline.question(screen.broken(prompt), { signal: AbortSignal.any([signal, stop.signal]) }),
      );
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

  async function confirm(lines: readonly Shown[], question: Shown, signal: AbortSignal): Promise<boolean> {
    for (const text of lines) screen.line(text);
    const choice = theme.plain ? ours`Answer yes or no. No is the default:` : ours`yes / no [no]`;
    const answer = await line(ours`  ${question} ${choice} `, signal);
    return answer !== undefined && isYes(answer);
  }

  return {
    ask: (prompt, signal) => line(prompt, signal, { remember: true }),

    async askSecret(prompt, signal) {
      const raw = (on: boolean) => (input as Partial<ReadStream>).setRawMode?.(on);
      screen.write(prompt);
      // Before anything is typed: otherwise the terminal itself would show it.
      raw(true);
      try {
        return await line(prompt, signal, { secret: true });
      } finally {
        raw(false);
        screen.line(ours``);
      }
    },

    notice: (text) => screen.line(theme.yellow(text)),

    async accept(server, what, lines, question = ours`Run it with what you granted?`) {
      const title = ours`${theme.bold(shown(server))}: ${theme.yellow(what)}`;
      return confirm([title, ...lines.map((text) => ours`  ${text}`)], question, whole);
    },

    confirm: (lines, question, signal) => confirm(lines, question, AbortSignal.any([signal, whole])),

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
      const choice = theme.plain
        ? ours`Answer yes, no, all for this server, or quit. No is the default:`
        : ours`yes / no / all for this server / quit [no]`;
      for (;;) {
        const text = await line(ours`  ${choice} `, whole);
        if (text === undefined) return 'quit';
        const answer = ANSWERS[text.trim().toLowerCase()];
        if (answer !== undefined) return answer;
        screen.line(theme.dim(ours`  Please answer y, n, a or q.`));
      }
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

/** Readline shows what is typed on its output. */
const nowhere = () => new Writable({ write: (_chunk, _encoding, done) => done() });

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
