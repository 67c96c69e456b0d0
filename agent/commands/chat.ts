import { loadEnvironment } from '../environment.ts';
import { Interrupted, SpendwiseError, UsageError } from '../errors.ts';
import { type TurnInterrupts, turnInterrupts } from '../interrupt.ts';
import { plainText } from '../plain-text.ts';
import { recorded } from '../runs/record.ts';
import { type RunSetting, RunStore } from '../runs/store.ts';
import type { Session } from '../session.ts';
import { type Host, openHost, withApprovals } from '../terminal/host.ts';
import type { HostUI } from '../terminal/host-ui.ts';
import { narrator } from '../terminal/narrator.ts';
import type { Approve } from '../tools/door.ts';
import { cancellable } from './cancellable.ts';
import { wordLines } from './chat-words.ts';
import { type AgentFlags, openSession } from './open-session.ts';

const EXAMPLES = [
  'Check my budgets and alert me',
  'How much did I spend on food this week?',
  'Where did I spend the most this month?',
  'Send me an SMS that says hello',
] as const;

/** What a conversation needs besides the app: made before it, for consent is asked in it too. */
export interface ChatRoom {
  readonly interrupts: TurnInterrupts;
  readonly runs: RunStore;
}

export interface Chat extends ChatRoom {
  readonly session: Session;
  readonly setting: RunSetting;
  readonly host: Host;
  readonly ui: HostUI;
}

/** `spendwise agent chat`: a conversation on the terminal. */
export async function chat(flags: AgentFlags): Promise<void> {
  const interrupts = turnInterrupts();
  const terminal = openHost(interrupts.leave);
  const runs = new RunStore({ environment: loadEnvironment(), notice: terminal.warn });
  const room = { interrupts, runs };
  const host = withApprovals(terminal, approvalsIn(room));
  if (host.ui === undefined) {
    throw new UsageError('chat needs a terminal', 'use `spendwise agent ask "…"` in scripts');
  }
  const opened = await openSession(flags, host, interrupts.leave);
  try {
    await converse({ ...room, session: opened.session, setting: opened, host, ui: host.ui });
  } finally {
    await opened.session.close();
  }
}

/** Approvals as a conversation has them: on record, and Ctrl-C in the question cancels the turn. */
export const approvalsIn =
  ({ interrupts, runs }: ChatRoom) =>
  (approve: Approve): Approve =>
    runs.witnessed(async (approval, signal) => {
      try {
        return await approve(approval, signal);
      } catch (error) {
        if (error instanceof Interrupted && !signal.aborted) interrupts.press();
        throw error;
      }
    });

/** Reads lines and runs them until `/quit` or the end of input. Throws Interrupted when Ctrl-C ends it. */
export async function converse(chat: Chat): Promise<void> {
  const { host, session, runs } = chat;
  const { say, err: theme } = host;
  say(`\nAsk away, such as:\n${EXAMPLES.map((example) => `  ${theme.cyan(example)}`).join('\n')}\n`);
  say(theme.dim('/help shows what else there is; /quit leaves'));
  for (;;) {
    const line = await nextLine(chat);
    if (line === undefined) return say('');
    if (/^(quit|exit|\/quit)$/i.test(line)) return;
    if (line === '') continue;
    await goingOn(chat, async () => {
      if (!line.startsWith('/')) return takeTurn(line, chat);
      const { columns } = process.stderr;
      for (const text of wordLines(line, { session, runs, theme, columns })) say(text);
    });
  }
}

/** Undefined at the end of input. */
async function nextLine({ ui, host, interrupts }: Chat): Promise<string | undefined> {
  try {
    return (await ui.ask(`\n${host.err.bold('you>')} `, interrupts.leave))?.trim();
  } catch (error) {
    // Counted, so that another one leaves without waiting for the servers.
    if (error instanceof Interrupted && !interrupts.leave.aborted) interrupts.press();
    throw error;
  }
}

/** What fails is said, and the chat goes on; what is cancelled was said already. */
async function goingOn({ host, interrupts }: Chat, step: () => Promise<void>): Promise<void> {
  try {
    await step();
  } catch (error) {
    if (interrupts.leave.aborted) throw interrupts.leave.reason;
    if (error instanceof Interrupted) return;
    if (!(error instanceof SpendwiseError)) throw error;
    host.say(`${host.err.red('error:')} ${plainText(error.message)}\nhint: ${plainText(error.hint)}`);
  }
}

async function takeTurn(prompt: string, { session, host, interrupts, runs, setting }: Chat): Promise<void> {
  const tell = narrator({ words: process.stdout, steps: process.stderr, theme: host.err });
  const run = runs.begin(prompt, setting);
  try {
    await interrupts.during(async (signal) => {
      // The terminal has written ^C where the cursor was.
      signal.addEventListener('abort', () => host.say(''));
      const turn = () => cancellable(() => session.run(prompt, signal), session, interrupts.leave);
      for await (const event of recorded(run, turn)) tell(event);
    });
  } finally {
    tell({ type: 'end' });
  }
}
