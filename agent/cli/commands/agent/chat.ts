import { errorLines } from '@spendwise/sandbox/error-lines';
import { Interrupted, SpendwiseError, UsageError } from '@spendwise/sandbox/errors';
import { type TurnInterrupts, turnInterrupts } from '@spendwise/sandbox/interrupt';
import { err, out } from '@spendwise/sandbox/screen';
import { ours, shown } from '@spendwise/sandbox/shown';
import { begin } from '@spendwise/sandbox/working';
import type { Session } from '../../../app/session.ts';
import type { AgentEvent } from '../../../loop/agent-loop.ts';
import type { Note } from '../../../runs/event.ts';
import { recorded } from '../../../runs/record.ts';
import { type RunSetting, RunStore } from '../../../runs/store.ts';
import { loadEnvironment } from '../../../settings/environment.ts';
import type { Approve } from '../../../tools/door.ts';
import { type AgentFlags, openSession } from '../../open-session.ts';
import { type Host, type HostUI, openHost, withApprovals } from '../../terminal/host.ts';
import { narrator } from '../../terminal/narrator.ts';
import { cancellable } from './cancellable.ts';
import { wordLines } from './chat-words.ts';
import { JsonChat, linesOf } from './json-chat.ts';

const EXAMPLES = [
  ours`Check my budgets and alert me`,
  ours`How much did I spend on food this week?`,
  ours`Where did I spend the most this month?`,
  ours`Send me an SMS that says hello`,
];

/** Created before the session, because consent is asked in the conversation too. */
export interface ChatRoom {
  readonly interrupts: TurnInterrupts;
  readonly runs: RunStore;
}

export interface Chat extends ChatRoom {
  readonly session: Session;
  readonly setting: RunSetting;
  readonly host: Host;
  /** Undefined if a program talks. Then `lines` are its requests. */
  readonly ui: HostUI | undefined;
  readonly lines?: () => Promise<string | undefined>;
  readonly reporter?: Reporter;
}

interface Reporter {
  begin(): void;
  tell(event: AgentEvent | Note): void;
  end(error?: SpendwiseError): void;
}

/** `spendwise agent chat`: a conversation on the terminal, or with `--json` for programs. */
export async function chat(flags: AgentFlags & { json: boolean }): Promise<void> {
  const interrupts = turnInterrupts();
  const terminal = openHost(interrupts.leave);
  const runs = new RunStore(loadEnvironment(), terminal.warn);
  const room = { interrupts, runs };
  const host = withApprovals(terminal, approvalsIn(room));
  if (host.ui === undefined && !flags.json) {
    throw new UsageError(
      'chat needs a terminal',
      'in scripts, use `spendwise agent ask "…"`, or --json: one request per line in, one report per line out',
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
    const { last } = runs;
    if (host.ui && last?.id)
      host.say(
        host.err.dim(ours`\`spendwise runs show ${shown(last.id)} --html\` makes a page of the last request`),
      );
  }
}

/** Records approvals. Ctrl-C in the question cancels the turn. */
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

/** Runs each line until `/quit` or the end of input. Throws Interrupted if Ctrl-C ends it. */
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
  say(ours`\nExamples:`);
  for (const example of EXAMPLES) say(ours`  ${theme.cyan(example)}`);
  say(ours``);
  say(theme.dim(ours`/help lists what else you can type; /quit leaves`));
}

/** Undefined at the end of input. */
async function nextLine({ ui, lines, host, interrupts }: Chat): Promise<string | undefined> {
  if (ui === undefined) return (await lines?.())?.trim();
  try {
    return (
      await ui.ask(ours`\n${host.err.bold(host.err.plain ? ours`you:` : ours`you>`)} `, interrupts.leave)
    )?.trim();
  } catch (error) {
    // Counted, so that the next Ctrl-C leaves without waiting for the servers.
    if (error instanceof Interrupted && !interrupts.leave.aborted) interrupts.press();
    throw error;
  }
}

/** Reports an error and continues the chat. A cancelled turn was reported already. */
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
    const run = runs.begin(prompt, setting, session.audit);
    await interrupts.during(async (signal) => {
      // Start a new line: the terminal has printed ^C.
      signal.addEventListener('abort', () => host.say(ours``));
      const turn = () => cancellable(() => session.run(prompt, signal), session, interrupts.leave);
      for await (const event of recorded(run, turn)) reporter.tell(event);
    });
    reporter.end();
  } catch (error) {
    // Report what was sent before the failure.
    if (error instanceof SpendwiseError) reporter.end(error);
    throw error;
  }
}

function narration(host: Host): Reporter {
  const tell = narrator({ words: out, steps: err, theme: host.err, begin });
  return { begin: () => {}, tell, end: () => tell({ type: 'end' }) };
}
