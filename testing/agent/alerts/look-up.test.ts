import { expect, onTestFinished, test } from 'vitest';
import { Ledger, type Settlement } from '../../../agent/alerts/ledger/ledger.ts';
import { lookUpUnknown } from '../../../agent/alerts/look-up.ts';
import { temporaryFolder } from '../../support/folder.ts';

const SID = `SM${'a'.repeat(32)}`;

/** A ledger with a text that may have gone out, and a Twilio where it stands; `meanwhile` is done before it answers. */
async function lookUpWhile(meanwhile: (settle: (settlement: Settlement) => void) => void) {
  const ledger = Ledger.open(temporaryFolder());
  onTestFinished(() => ledger.close());
  const reserved = ledger.reserve({ tool: 'send_sms', recipient: '+12025550143', body: 'x' });
  if (!reserved.ok) throw new Error('no place');
  const { id } = reserved;
  ledger.sending(id);
  ledger.settle(id, { state: 'unknown', reason: 'it broke off' });
  await lookUpUnknown(ledger, async () => {
    meanwhile((settlement) => ledger.settle(id, settlement));
    const created_at = new Date().toISOString();
    return { outcome: 'ok', messages: [{ sid: SID, status: 'sent', created_at }] };
  });
  return ledger.find(id);
}

test('what may have gone out and is found at Twilio was sent', async () => {
  expect(await lookUpWhile(() => {})).toMatchObject({ state: 'sent', sid: SID, reason: 'found at Twilio' });
});

test('what a person settles while it is looked up is settled: their word stands, and the run goes on', async () => {
  const denied = { state: 'failed', reason: 'a person said that it did not go out' } as const;
  expect(await lookUpWhile((settle) => settle(denied))).toMatchObject(denied);
  const arrived = { state: 'sent', sid: undefined, reason: 'a person said that it arrived' } as const;
  expect(await lookUpWhile((settle) => settle(arrived))).toMatchObject(arrived);
});
