import type { Ledger } from './ledger/ledger.ts';
import { type FindMessages, Found } from './look-up.ts';

const ENDS: Readonly<Record<string, 'delivered' | 'undelivered'>> = {
  delivered: 'delivered',
  read: 'delivered',
  undelivered: 'undelivered',
  // Twilio gave up before it passed the text on.
  failed: 'undelivered',
  canceled: 'undelivered',
};

/** Records which of the texts of the last days arrived: one question for each recipient. Never sends. */
export async function followUp(ledger: Ledger, find: FindMessages): Promise<void> {
  const rows = ledger.toFollow();
  for (const to of new Set(rows.map(({ recipient }) => recipient))) {
    // Newest first, and more than a ledger's cap lets out in a day.
    const found = Found.safeParse(await find({ to, limit: 100 }));
    if (!found.success) continue;
    for (const { id, sid } of rows.filter(({ recipient }) => recipient === to)) {
      const message = found.data.messages.find((one) => one.sid === sid);
      const status = message?.twilio_status ?? '';
      const end = Object.hasOwn(ENDS, status) ? ENDS[status] : undefined;
      const { code, hint } = message?.delivery_error ?? {};
      const why = code === undefined ? '' : `, error ${code}: ${hint?.slice(0, 200)}`;
      ledger.followed(id, end ?? 'sent', end === 'undelivered' ? `Twilio says ${status}${why}` : undefined);
    }
  }
}
