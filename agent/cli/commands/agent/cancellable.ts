import { setTimeout as delay } from 'node:timers/promises';
import { Interrupted, SpendwiseError } from '@spendwise/sandbox/errors';
import type { IntentRow } from '../../../alerts/ledger/row.ts';
import { describeOpen } from '../../../alerts/outbox.ts';
import type { Session } from '../../../app/session.ts';
import type { AgentEvent } from '../../../loop/agent-loop.ts';
import type { Note } from '../../../runs/event.ts';

/** When to look up a text after a cancel. Most outcomes are known soon. */
const ASK_AFTER_MS = [200, 1_000, 2_000, 4_000];

type Texts = Pick<Session, 'openTexts' | 'lookUp'>;

/**
 * A turn that Ctrl-C may cancel. A text on its way cannot be called back: notes report its outcome, or that it may have
 * been sent.
 */
export async function* cancellable(
  turn: () => AsyncIterable<AgentEvent>,
  session: Texts,
  leave: AbortSignal,
): AsyncGenerator<AgentEvent | Note> {
  const before = new Set(session.openTexts().map(({ id }) => id));
  try {
    yield* turn();
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    const open = session.openTexts().filter(({ id }) => !before.has(id));
    if (open.length === 0) yield note('cancelled');
    else yield note('cancelled; a text was on its way and cannot be called back. Looking it up …');
    for (const text of open) yield note(describe(await settled(text, session, leave)));
    throw error;
  }
}

/** The row of a text once its outcome is known, or the waiting time is over. */
async function settled(text: IntentRow, session: Texts, leave: AbortSignal): Promise<IntentRow> {
  try {
    for (const ms of ASK_AFTER_MS) {
      await delay(ms, undefined, { signal: leave });
      const now = await session.lookUp(text.id, leave);
      if (now !== undefined && now.state !== 'unknown') return now;
    }
  } catch (error) {
    // If the user leaves or the SMS server has ended, report what is known.
    if (!leave.aborted && !(error instanceof SpendwiseError)) throw error;
  }
  return text;
}

function describe(text: IntentRow): string {
  if (text.state === 'sent' || text.state === 'delivered') return `it was sent: Twilio has it as ${text.sid}`;
  return text.state === 'failed' ? 'nothing was sent' : describeOpen(text);
}

const note = (text: string): Note => ({ type: 'note', text });
