import { expect, onTestFinished, test } from 'vitest';
import { Ledger, type Settlement } from '../../../agent/alerts/ledger/ledger.ts';
import { lookUpUnknown } from '../../../agent/alerts/look-up.ts';
import { temporaryFolder } from '../../support/folder.ts';

const SID = `SM${'a'.repeat(32)}`;

/** A ledger with a text that may have gone out a moment ago. */
function ledgerWithUnknown(body = 'x', ledger = Ledger.open(temporaryFolder())) {
  onTestFinished(() => ledger.close());
  const reserved = ledger.reserve({ tool: 'send_sms', recipient: '+12025550143', body });
  if (!reserved.ok) throw new Error('no place');
  const { id } = reserved;
  ledger.sending(id);
  ledger.settle(id, { state: 'unknown', reason: 'it broke off' });
  return { ledger, id };
}

/** Looks such a text up at a Twilio where it stands; `meanwhile` is done before that answers. */
async function lookUpWhile(meanwhile: (settle: (settlement: Settlement) => void) => void) {
  const { ledger, id } = ledgerWithUnknown();
  await lookUpUnknown(ledger, async () => {
    meanwhile((settlement) => ledger.settle(id, settlement));
    const created_at = new Date().toISOString();
    return { outcome: 'ok', messages: [{ sid: SID, status: 'sent', created_at }] };
  });
  return ledger.find(id);
}

test('marks an unknown text as sent if Twilio has it', async () => {
  expect(await lookUpWhile(() => {})).toMatchObject({ state: 'sent', sid: SID, reason: 'found at Twilio' });
});

test('keeps what the user settled during a look-up, and continues the run', async () => {
  const denied = { state: 'failed', reason: 'a person said that it did not go out' } as const;
  expect(await lookUpWhile((settle) => settle(denied))).toMatchObject(denied);
  const arrived = { state: 'sent', sid: undefined, reason: 'a person said that it arrived' } as const;
  expect(await lookUpWhile((settle) => settle(arrived))).toMatchObject(arrived);
});

const MINUTE_MS = 60_000;
/** A message as find_messages gives it; minutes from when the text was on its way. */
const message = (sid: string, minutes: number) => ({
  sid,
  status: 'sent',
  created_at: new Date(Date.now() + minutes * MINUTE_MS).toISOString(),
});
const OTHER = `SM${'b'.repeat(32)}`;

test.each<[string, unknown[], string | undefined]>([
  ['no message', [], undefined],
  ['one of an hour before', [message(SID, -60)], undefined],
  ['one of an hour after', [message(SID, 60)], undefined],
  ['one of no date', [{ sid: SID, status: 'sent' }], undefined],
  ['one of an odd date', [{ sid: SID, status: 'sent', created_at: 'yesterday' }], undefined],
  ['one that is no message', [{ status: 'sent' }], undefined],
  ['one of that minute among others', [message(OTHER, 60), message(SID, 0), message(OTHER, -60)], SID],
  ['two of that minute: the first is ours', [message(OTHER, 1), message(SID, 0)], SID],
])('a Twilio that lists %s', async (_what, messages, sid) => {
  const { ledger, id } = ledgerWithUnknown();
  await lookUpUnknown(ledger, async () => ({ outcome: 'ok', messages }));
  expect(ledger.find(id)).toMatchObject({ state: sid === undefined ? 'unknown' : 'sent', sid });
});

test('it asks for these words to this number, since a little before; then for what has no date of sending yet', async () => {
  const { ledger } = ledgerWithUnknown();
  const asked: Record<string, unknown>[] = [];
  await lookUpUnknown(ledger, async (args) => {
    asked.push(args);
    return undefined;
  });
  const words = { to: '+12025550143', body: 'x', limit: 20 };
  expect(asked).toEqual([{ ...words, since: expect.any(String) }, words]);
  expect(Date.now() - Date.parse(String(asked[0]?.since))).toBeLessThan(3 * MINUTE_MS);
});

test('does not match a message that belongs to another row', async () => {
  const { ledger, id } = ledgerWithUnknown();
  const second = ledgerWithUnknown('y', ledger);
  await lookUpUnknown(ledger, async () => ({ outcome: 'ok', messages: [message(SID, 0)] }));
  expect(ledger.find(id)).toMatchObject({ state: 'sent', sid: SID });
  expect(ledger.find(second.id)).toMatchObject({ state: 'unknown' });
});

test('learns nothing from a Twilio that fails or answers something else', async () => {
  const { ledger, id } = ledgerWithUnknown();
  for (const answer of [undefined, {}, { outcome: 'failed', messages: [message(SID, 0)] }])
    await lookUpUnknown(ledger, async () => answer);
  expect(ledger.find(id)).toMatchObject({ state: 'unknown' });
});
