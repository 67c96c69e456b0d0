import { Interrupted, SpendwiseError, UsageError } from '@spendwise/sandbox/errors';
import { ours } from '@spendwise/sandbox/shown';
import type { Session } from '../../../app/session.ts';
import type { AgentEvent } from '../../../loop/agent-loop.ts';
import type { Note } from '../../../runs/event.ts';
import { recorded } from '../../../runs/record.ts';
import { type RunSetting, RunStore } from '../../../runs/store.ts';
import { loadEnvironment } from '../../../settings/environment.ts';
import type { Approve } from '../../../tools/door.ts';
import { type TurnInterrupts, turnInterrupts } from '../../interrupt.ts';
import { type AgentFlags, openSession } from '../../open-session.ts';
import { errorLines } from '../../terminal/error-lines.ts';
import { type Host, openHost, withApprovals } from '../../terminal/host.ts';
import type { HostUI } from '../../terminal/host-ui.ts';
import { narrator } from '../../terminal/narrator.ts';
import { err, out } from '../../terminal/screen.ts';
import { cancellable } from './cancellable.ts';
import { wordLines } from './chat-words.ts';
import { JsonChat, linesOf } from './json-chat.ts';

const EXAMPLES = [
  ours`Check my budgets and alert me`,
  ours`How much did I spend on food this week?`,
  ours`Where did I spend the most this month?`,
  ours`Send me an SMS that says hello`,
];

/** What a conversation needs besides the app: made before it, for consent is asked in it too. */
export interface ChatRoom {
  readonly interrupts: TurnInterrupts;
  readonly runs: RunStore;
}

export interface Chat extends ChatRoom {
  readonly session: Session;
  readonly setting: RunSetting;
  readonly host: Host;
  /** Undefined where a program talks: then `lines` are its requests. */
  readonly ui: HostUI | undefined;
  readonly lines?: () => Promise<string | undefined>;
  /** In place of a narrator. */
  readonly reporter?: Reporter;
}

/** Hears of each turn. */
interface Reporter {
  begin(): void;
  tell(event: AgentEvent | Note): void;
  end(error?: SpendwiseError): void;
}

/** `spendwise agent chat`: a conversation on the terminal; with `--json` one that a program may have. */
export async function chat(flags: AgentFlags & { json: boolean }): Promise<void> {
  const interrupts = turnInterrupts();
  const terminal = openHost(interrupts.leave);
  const runs = new RunStore(loadEnvironment(), terminal.warn);
  const room = { interrupts, runs };
  const host = withApprovals(terminal, approvalsIn(room));
  if (host.ui === undefined && !flags.json) {
    throw new UsageError(
      'chat needs a terminal',
      'use `spendwise agent ask "…"` in scripts, or --json: a request a line in, a report a line out',
    );
  }
  const json = flags.json ? new JsonChat() : undefined;
  const opened = await openSession(flags, host, interrupts.leave, json?.recordEgress);
  const reporter = json && {
    begin: () => json.begin(opened),
    tell: (event: AgentEvent | Note) => (event.type === 'note' ? host.warn(event.text) : json.record(event)),
    end: (error?: SpendwiseError) => json.end(opened, error),
  };
  try {
    await converse({
      ...room,
      session: opened.session,
      setting: opened,
      host,
      ui: host.ui,
      ...(host.ui ? {} : { lines: linesOf(process.stdin, interrupts.leave) }),
      ...(reporter ? { reporter } : {}),
    });
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
  const { host, session, runs, ui } = chat;
  const { say, err: theme } = host;
  if (ui) greet(host);
  for (;;) {
    const line = await nextLine(chat);
    if (line === undefined) return ui && say(ours``);
    if (/^(quit|exit|\/quit)$/i.test(line)) return;
    if (line === '') continue;
    await goingOn(chat, async () => {
      if (!line.startsWith('/')) return takeTurn(line, chat);
      const { columns } = process.stderr;
      for (const text of wordLines(line, { session, runs, theme, columns })) say(text);
    });
  }
}

function greet({ say, err: theme }: Host): void {
  say(ours`\nAsk away, such as:`);
  for (const example of EXAMPLES) say(ours`  ${theme.cyan(example)}`);
  say(ours``);
  say(theme.dim(ours`/help shows what else there is; /quit leaves`));
}

/** Undefined at the end of input. */
async function nextLine({ ui, lines, host, interrupts }: Chat): Promise<string | undefined> {
  if (ui === undefined) return (await lines?.())?.trim();
  try {
    return (await ui.ask(ours`\n${host.err.bold(ours`you>`)} `, interrupts.leave))?.trim();
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
    host.say(errorLines(error.message, error.hint, host.err.red(ours`error:`)));
  }
}

async function takeTurn(prompt: string, chat: Chat): Promise<void> {
  const { session, host, interrupts, runs, setting, reporter = narration(host) } = chat;
  try {
    reporter.begin();
    const run = runs.begin(prompt, setting);
    await interrupts.during(async (signal) => {
      // The terminal has written ^C where the cursor was.
      signal.addEventListener('abort', () => host.say(ours``));
      const turn = () => cancellable(() => session.run(prompt, signal), session, interrupts.leave);
      for await (const event of recorded(run, turn)) reporter.tell(event);
    });
    reporter.end();
  } catch (error) {
    // What was sent before the failure must not be lost.
    if (error instanceof SpendwiseError) reporter.end(error);
    throw error;
  }
}

function narration(host: Host): Reporter {
  const tell = narrator({ words: out, steps: err, theme: host.err });
  return { begin: () => {}, tell, end: () => tell({ type: 'end' }) };
}
