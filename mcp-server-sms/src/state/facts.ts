import type { Limits } from '../config.ts';
import type { Earlier, Facts } from '../guards/admission.ts';
import type { Row } from './row.ts';
import type { Sql } from './state-file.ts';

interface Asked {
  readonly recipient: string;
  readonly text: string;
  readonly key: string | null;
  readonly now: number;
}

const NTH_LAST = `SELECT created_ms FROM sends WHERE state <> 'failed'
  ORDER BY created_ms DESC LIMIT 1 OFFSET ?`;
const NTH_LAST_OF_RECIPIENT = `SELECT created_ms FROM sends WHERE state <> 'failed' AND recipient = ?
  ORDER BY created_ms DESC LIMIT 1 OFFSET ?`;
const BY_KEY = `SELECT * FROM sends WHERE idempotency = ? AND state <> 'failed' ORDER BY id DESC LIMIT 1`;
const BY_TEXT = `SELECT * FROM sends WHERE text = ? AND recipient = ? AND created_ms > ? AND state <> 'failed'
  ORDER BY created_ms DESC LIMIT 1`;

/** Reads the facts for `admit`. Recipient, text and key are fingerprints. */
export function readFacts(sql: Sql, asked: Asked, limits: Limits, rowOf: (raw: unknown) => Row): Facts {
  const { recipient, text, key, now } = asked;
  const earlier = (raw: unknown): Earlier | undefined => {
    if (raw === undefined) return undefined;
    const { id, state, sid, ...of } = rowOf(raw);
    if (state === 'failed') return undefined;
    return { id, state, sid, sameContent: of.recipient === recipient && of.text === text };
  };
  const filledBy = (cap: number, nthLast: (offset: number) => unknown): number | undefined =>
    cap === 0 ? undefined : (nthLast(cap - 1) as { created_ms: number } | undefined)?.created_ms;
  const nthLast = (offset: number) => sql(NTH_LAST).get(offset);
  return {
    now,
    optedOut: sql('SELECT 1 FROM opt_outs WHERE recipient = ?').get(recipient) !== undefined,
    sameKey: key === null ? undefined : earlier(sql(BY_KEY).get(key)),
    sameText:
      limits.dedupeWindowMs === 0
        ? undefined
        : earlier(sql(BY_TEXT).get(text, recipient, now - limits.dedupeWindowMs)),
    hourFilledBy: filledBy(limits.perHour, nthLast),
    dayFilledBy: filledBy(limits.perDay, nthLast),
    recipientDayFilledBy: filledBy(limits.perRecipientPerDay, (offset) =>
      sql(NTH_LAST_OF_RECIPIENT).get(recipient, offset),
    ),
  };
}
