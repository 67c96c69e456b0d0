import { Interrupted, SpendwiseError, UsageError } from '../errors.ts';
import { interruptSignal } from '../interrupt.ts';
import type { Session } from '../session.ts';
import { type Host, openHost } from '../terminal/host.ts';
import type { HostUI } from '../terminal/host-ui.ts';
import { narrator } from '../terminal/narrator.ts';
import { type AgentFlags, openSession } from './open-session.ts';

export const EXAMPLES = [
  'Check my budgets and alert me',
  'How much did I spend on food this week?',
  'Where did I spend the most this month?',
  'Send me an SMS that says hello',
] as const;

/** `spendwise agent chat`: a conversation on the terminal. */
export async function chat(flags: AgentFlags): Promise<void> {
  const signal = interruptSignal();
  const host = openHost(signal);
  if (host.ui === undefined) {
    throw new UsageError('chat needs a terminal', 'use `spendwise agent ask "…"` in scripts');
  }
  const { session } = await openSession(flags, host, signal);
  try {
    await converse(session, host, host.ui, signal);
  } finally {
    await session.close();
  }
}

/** Reads lines and runs them until `quit`, the end of input or Ctrl-C. A run that fails leaves the chat going. */
export async function converse(session: Session, host: Host, ui: HostUI, signal: AbortSignal): Promise<void> {
  const tell = narrator({ words: process.stdout, steps: process.stderr, theme: host.err });
  host.say(`\nAsk away, such as:\n${EXAMPLES.map((example) => `  ${host.err.cyan(example)}`).join('\n')}\n`);
  host.say(host.err.dim('quit leaves'));
  for (;;) {
    const line = (await ui.ask(`\n${host.err.bold('you>')} `, signal))?.trim();
    if (line === undefined || /^(quit|exit|\/quit)$/i.test(line)) return;
    if (line === '') continue;
    try {
      for await (const event of session.run(line, signal)) tell(event);
    } catch (error) {
      if (error instanceof Interrupted || !(error instanceof SpendwiseError)) throw error;
      host.say(`${host.err.red('error:')} ${error.message}\nhint: ${error.hint}`);
    }
  }
}
