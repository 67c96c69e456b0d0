import type { IntentRow } from '../../../alerts/ledger/row.ts';
import { redactor } from '../../../runs/redact.ts';
import { isSend } from '../../../tools/known-tools.ts';
import type { Text, Verdict } from '../story.ts';
import type { Call } from './call.ts';
import { bodyOf, cut } from './cut.ts';
import type { Draft, Kept } from './kept.ts';

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
    if (mine !== undefined) {
      free.delete(mine);
      return [textOfRow(mine, call, kept)];
    }
    const said = saidBy(call);
    if (said === undefined) return [];
    kept.add({
      ...markOf(call, said),
      from: said.time,
      verdict: said.state === 'unknown' ? 'unknown' : 'passed',
      title: cut(said.state),
    });
    return [said];
  });
}

function textOfRow(row: IntentRow, call: Call, kept: Kept): Text {
  const { state, sid, reason, reservedAt, sendingAt, settledAt } = row;
  const text: Text = {
    to: mask(row.recipient),
    body: mask(row.body),
    state,
    sid,
    time: (settledAt ?? sendingAt ?? reservedAt).getTime(),
  };
  const mark = { ...markOf(call, text), because: reason && mask(cut(reason)) };
  kept.add({
    ...mark,
    from: reservedAt.getTime(),
    verdict: 'plain',
    title: 'reserved',
    because: mark.because ?? 'written down before it goes out, so that it goes out once',
  });
  if (sendingAt)
    kept.add({
      ...mark,
      from: sendingAt.getTime(),
      verdict: settledAt ? 'plain' : 'unknown',
      title: 'sending',
    });
  // Whether it arrived was found out later.
  if (settledAt)
    kept.add({
      ...mark,
      from: settledAt.getTime(),
      verdict: VERDICTS[state],
      title: state === 'delivered' || state === 'undelivered' ? `sent, ${state} later` : state,
    });
  return text;
}

/** A text of which the ledger knows nothing. */
function saidBy(call: Call): Text | undefined {
  if (call.outcome?.kind !== 'result') return undefined;
  const { status, sid, body } = call.outcome.result.structured ?? {};
  if (typeof status !== 'string' || ['refused', 'failed', 'dry_run', 'duplicate'].includes(status))
    return undefined;
  return {
    to: mask(call.outcome.recipient ?? ''),
    body: typeof body === 'string' ? mask(body) : '',
    state: status === 'queued' ? 'sent' : cut(status),
    sid: typeof sid === 'string' ? cut(sid) : undefined,
    time: call.to,
  };
}

const markOf = (call: Call, { to, body, sid }: Text): Pick<Draft, 'lane' | 'facts' | 'bodies' | 'call'> => ({
  lane: 'phone',
  facts: [['to', to], ...(sid === undefined ? [] : [['sid', sid] as const])],
  bodies: [bodyOf('text', body)],
  call,
});

const mask = redactor();
