import type { IntentRow } from '../../../alerts/ledger/row.ts';
import { redactor } from '../../../runs/redact.ts';
import { isSend } from '../../../tools/known-tools.ts';
import type { Text, Verdict } from '../story.ts';
import type { Call } from './call.ts';
import { bodyOf, cut } from './cut.ts';
import type { Kept } from './kept.ts';

const VERDICTS: Readonly<Record<IntentRow['state'], Verdict>> = {
  reserved: 'plain',
  sending: 'unknown',
  sent: 'passed',
  delivered: 'passed',
  undelivered: 'failed',
  failed: 'failed',
  unknown: 'unknown',
};

/** The texts of a run: of each call that sends, its row in the ledger; without one, what the server said. */
export function readTexts(rows: readonly IntentRow[], calls: readonly Call[], kept: Kept): Text[] {
  const free = new Set(rows);
  return calls.flatMap((call) => {
    if (!isSend({ server: call.prefix, tool: call.tool })) return [];
    const { structured } = call.outcome?.kind === 'result' ? call.outcome.result : {};
    const mine = [...free].find(
      (row) =>
        row.tool === call.tool &&
        (structured?.sid === undefined || row.sid === undefined || row.sid === structured.sid) &&
        row.reservedAt.getTime() >= call.from &&
        row.reservedAt.getTime() <= call.to,
    );
    if (mine === undefined) return saidBy(call, kept);
    free.delete(mine);
    return textOfRow(mine, call, kept);
  });
}

function textOfRow(row: IntentRow, call: Call, kept: Kept): Text {
  const { state, sid, reservedAt, sendingAt, settledAt } = row;
  const text = { to: mask(row.recipient), body: mask(row.body), state };
  const reason = row.reason && mask(cut(row.reason));
  const add = (at: Date, verdict: Verdict, title: string, because = reason) =>
    kept.add({ ...markOf(call, text, sid), from: at.getTime(), verdict, title, because });
  add(reservedAt, 'plain', 'reserved', reason ?? 'written down before it goes out, so that it goes out once');
  if (sendingAt) add(sendingAt, settledAt ? 'plain' : 'unknown', 'sending');
  // Whether it arrived was found out later.
  const end = state === 'delivered' || state === 'undelivered' ? `sent, ${state} later` : state;
  if (settledAt) add(settledAt, VERDICTS[state], end);
  return text;
}

/** A text of which the ledger knows nothing. */
function saidBy(call: Call, kept: Kept): Text[] {
  if (call.outcome?.kind !== 'result') return [];
  const { status, sid, body } = call.outcome.result.structured ?? {};
  if (typeof status !== 'string' || ['refused', 'failed', 'dry_run', 'duplicate'].includes(status)) return [];
  const text = {
    to: mask(call.outcome.recipient ?? ''),
    body: typeof body === 'string' ? mask(body) : '',
    state: status === 'queued' ? 'sent' : cut(status),
  };
  kept.add({
    ...markOf(call, text, typeof sid === 'string' ? cut(sid) : undefined),
    from: call.to,
    verdict: text.state === 'unknown' ? 'unknown' : 'passed',
    title: text.state,
  });
  return [text];
}

const markOf = (call: Call, { to, body }: Text, sid: string | undefined) => ({
  lane: 'phone' as const,
  facts: [['to', to] as const, ...(sid === undefined ? [] : [['sid', sid] as const])],
  bodies: [bodyOf('text', body)],
  call,
});

const mask = redactor();
