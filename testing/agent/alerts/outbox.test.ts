import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { emptyReport, sendAll } from '../../../agent/alerts/alert-run.ts';
import type { DeskBudget } from '../../../agent/alerts/desk.ts';
import { Ledger } from '../../../agent/alerts/ledger/ledger.ts';
import { deliver } from '../../../agent/alerts/outbox.ts';
import { temporaryFolder } from '../../support/folder.ts';

const SHOPPING: DeskBudget = {
  status: {
    category: 'Shopping',
    currency: 'CHF',
    period: 'week',
    periodStart: '2026-11-23',
    periodEnd: '2026-11-30',
    spentMinor: 9500,
    pendingMinor: 0,
    limitMinor: 8000,
    percent: 119,
    state: 'over',
  },
  crossed: undefined,
  alert: { state: 'due' },
};
const TEXT = { tool: 'send_sms', recipient: '+12025550143', body: 'x' };

/** The report of an alert whose ledger is lost at a moment of the send. */
async function reportWhenLost(lost: 'before' | 'during') {
  const folder = join(temporaryFolder(), 'state');
  const ledger = Ledger.open(folder);
  onTestFinished(() => ledger.close());
  const lose = () => rmSync(folder, { recursive: true });
  const report = emptyReport();
  const send = () => {
    if (lost === 'before') lose();
    return deliver(ledger, TEXT, async () => {
      lose();
      return {
        isError: false,
        text: '',
        structured: { status: 'sent', sid: `SM${'a'.repeat(32)}`, body: 'x' },
      };
    });
  };
  await expect(sendAll([SHOPPING], send, report)).rejects.toThrow(/ledger .* cannot be used/);
  return report;
}

test('a text that went out and could not be written down is not reported as failed', async () => {
  expect(await reportWhenLost('during')).toMatchObject({ failed: [], unknown: [{ category: 'Shopping' }] });
});

test('without a ledger nothing goes out, and the report says so', async () => {
  expect(await reportWhenLost('before')).toMatchObject({ failed: [{ category: 'Shopping' }], unknown: [] });
});
