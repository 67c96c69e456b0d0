import { expect, onTestFinished, test } from 'vitest';
import { followUp } from '../../../agent/alerts/follow-up.ts';
import { Ledger } from '../../../agent/alerts/ledger/ledger.ts';
import { temporaryFolder } from '../../support/folder.ts';

const SID = `SM${'a'.repeat(32)}`;
const OTHER = `SM${'b'.repeat(32)}`;

function ledgerWithSent() {
  const ledger = Ledger.open(temporaryFolder());
  onTestFinished(() => ledger.close());
  const reserved = ledger.reserve({ tool: 'send_sms', recipient: '+12025550143', body: 'x' });
  if (!reserved.ok) throw new Error('no place');
  ledger.sending(reserved.id);
  ledger.settle(reserved.id, { state: 'sent', sid: SID, reason: 'as it was' });
  return { ledger, id: reserved.id };
}

const message = (twilio_status: string, more = {}) => ({ sid: SID, twilio_status, ...more });
const error = (code: number, hint = 'a hint') => ({ delivery_error: { code, hint } });

test.each<[string, unknown[], string, string]>([
  ['delivered', [message('delivered')], 'delivered', 'as it was'],
  ['read', [message('read')], 'delivered', 'as it was'],
  [
    'undelivered',
    [message('undelivered', error(30007))],
    'undelivered',
    'Twilio says undelivered, error 30007: a hint',
  ],
  ['failed', [message('failed')], 'undelivered', 'Twilio says failed'],
  ['canceled', [message('canceled')], 'undelivered', 'Twilio says canceled'],
  ['that it is on its way', [message('sent')], 'sent', 'as it was'],
  ['a word that is unknown', [message('constructor')], 'sent', 'as it was'],
  ['nothing of it', [{ ...message('undelivered'), sid: OTHER }], 'sent', 'as it was'],
  ['too much', [message('undelivered'.repeat(9))], 'sent', 'as it was'],
])('a Twilio that says %s', async (_what, messages, state, reason) => {
  const { ledger, id } = ledgerWithSent();
  await followUp(ledger, async (args) => {
    expect(args).toEqual({ to: '+12025550143', limit: 100 });
    return { outcome: 'ok', messages };
  });
  expect(ledger.find(id)).toMatchObject({ state, reason, sid: SID });
});

test('a long hint is cut', async () => {
  const { ledger, id } = ledgerWithSent();
  const messages = [message('undelivered', error(1, 'long '.repeat(1000)))];
  await followUp(ledger, async () => ({ outcome: 'ok', messages }));
  expect(ledger.find(id)?.reason?.length).toBeLessThan(300);
});

test('a Twilio that does not answer is asked again; a text that is followed by another run meanwhile stays so', async () => {
  const { ledger, id } = ledgerWithSent();
  await followUp(ledger, async () => undefined);
  await followUp(ledger, async () => ({ outcome: 'failed', messages: [message('undelivered')] }));
  expect(ledger.toFollow()).toHaveLength(1);
  await followUp(ledger, async () => {
    ledger.followed(id, 'delivered');
    return { outcome: 'ok', messages: [message('sent')] };
  });
  expect(ledger.find(id)?.state).toBe('delivered');
});
