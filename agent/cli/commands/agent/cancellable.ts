import { setTimeout as delay } from 'node:timers/promises';
import { Interrupted, SpendwiseError } from '@spendwise/sandbox/errors';
import type { IntentRow } from '../../../alerts/ledger/row.ts';
import { describeOpen } from '../../../alerts/outbox.ts';
import type { Session } from '../../../app/session.ts';
import type { AgentEvent } from '../../../loop/agent-loop.ts';
import type { Note } from '../../../runs/event.ts';

/** When to ask what became of a text: it is mostly known soon, and nobody waits long. */
const ASK_AFTER_MS = [200, 1_000, 2_000, 4_000];

type Texts = Pick<Session, 'openTexts' | 'lookUp'>;

/**
 * A turn that Ctrl-C may cancel. A text that was on its way then is not called back by that: notes say what became of
 * it, or that it may have gone out.
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
    else
      yield note('cancelled; a text was on its way and cannot be called back. Looking what became of it …');
    for (const text of open) yield note(describe(await settled(text, session, leave)));
    throw error;
  }
}

/** The text as it stands once its fate is known, nobody wants to wait, or it stays open. */
async function settled(text: IntentRow, session: Texts, leave: AbortSignal): Promise<IntentRow> {
  try {
    for (const ms of ASK_AFTER_MS) {
      await delay(ms, undefined, { signal: leave });
      const now = await session.lookUp(text.id, leave);
      if (now !== undefined && now.state !== 'unknown') return now;
    }
  } catch (error) {
    // A user who leaves is told what is known, and so is one whose SMS server has ended.
    if (!leave.aborted && !(error instanceof SpendwiseError)) throw error;
  }
  return text;
}

function describe(text: IntentRow): string {
  if (text.state === 'sent') return `it went out: Twilio has it as ${text.sid}`;
  return text.state === 'failed' ? 'nothing was sent' : describeOpen(text);
}

const note = (text: string): Note => ({ type: 'note', text });
