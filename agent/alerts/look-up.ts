import { z } from 'zod';
import type { Ledger } from './ledger/ledger.ts';
import type { IntentRow } from './ledger/row.ts';

/** Calls the SMS server's find_messages. Undefined if it did not answer. */
export type FindMessages = (args: Record<string, unknown>) => Promise<Record<string, unknown> | undefined>;

export const Found = z.object({
  outcome: z.literal('ok'),
  messages: z.array(
    z.object({
      sid: z.string(),
      created_at: z.string().optional(),
      twilio_status: z.string().max(20).optional(),
      delivery_error: z.object({ code: z.number(), hint: z.string() }).optional(),
    }),
  ),
});

/** Twilio's dates have whole seconds, and its clock may differ from ours. */
const CLOCK_MS = 60_000;
/** A send ends within a minute. A busy machine gets one more. */
const LONGEST_MS = 120_000;

/**
 * Looks up at Twilio the texts that may have been sent. A message that is found was sent. One that is not found stays
 * unknown, because Twilio may list it late or have changed its text. Never sends.
 */
export async function lookUpUnknown(ledger: Ledger, find: FindMessages): Promise<void> {
  for (const row of ledger.unknown()) {
    const sid = await lookUp(ledger, row, find);
    if (sid !== undefined) ledger.found(row.id, sid);
  }
}

async function lookUp(ledger: Ledger, row: IntentRow, find: FindMessages): Promise<string | undefined> {
  const from = (row.sendingAt ?? row.reservedAt).getTime() - CLOCK_MS;
  const to = from + CLOCK_MS + LONGEST_MS + CLOCK_MS;
  // A queued message has no sending date yet, so the second query leaves the date out.
  for (const since of [new Date(from).toISOString(), undefined]) {
    const args = { to: row.recipient, body: row.body, limit: 20, ...(since === undefined ? {} : { since }) };
    const found = Found.safeParse(await find(args));
    const messages = found.success ? found.data.messages : [];
    const ours = messages.filter(({ sid, created_at: created }) => {
      const at = created === undefined ? Number.NaN : Date.parse(created);
      return at >= from && at <= to && !ledger.knows(sid);
    });
    // Twilio lists newest first. The oldest of several is the one of this send.
    const sid = ours.at(-1)?.sid;
    if (sid !== undefined) return sid;
  }
  return undefined;
}
