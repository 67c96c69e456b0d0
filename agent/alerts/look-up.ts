import { z } from 'zod';
import type { Ledger } from './ledger/ledger.ts';
import type { IntentRow } from './ledger/row.ts';

/** Calls the SMS server's find_messages. Undefined: it did not answer. */
export type FindMessages = (args: Record<string, unknown>) => Promise<Record<string, unknown> | undefined>;

const Found = z.object({
  outcome: z.literal('ok'),
  messages: z.array(z.object({ sid: z.string(), status: z.string(), created_at: z.string().optional() })),
});

/** Twilio's dates have whole seconds, and its clock is not ours. */
const CLOCK_MS = 60_000;
/** A send ends within a minute; a busy machine is given another. */
const LONGEST_MS = 120_000;

/**
 * Looks up at Twilio what may have gone out. Found: it was sent, and that is written down. Not found proves nothing, for
 * a message may be listed late or changed on its way: it stays unknown, for a person to say. Never sends.
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
  // What waits in a queue has no date of sending yet, so the second question leaves the date out.
  for (const since of [new Date(from).toISOString(), undefined]) {
    const args = { to: row.recipient, body: row.body, limit: 20, ...(since === undefined ? {} : { since }) };
    const found = Found.safeParse(await find(args));
    const messages = found.success ? found.data.messages : [];
    const ours = messages.filter(({ sid, created_at: created }) => {
      const at = created === undefined ? Number.NaN : Date.parse(created);
      return at >= from && at <= to && !ledger.knows(sid);
    });
    // Newest first; the first of several is the one that this send made.
    const sid = ours.at(-1)?.sid;
    if (sid !== undefined) return sid;
  }
  return undefined;
}
