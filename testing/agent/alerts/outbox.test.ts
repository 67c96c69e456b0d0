import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { emptyReport, sendAll } from '../../../agent/alerts/alert-run.ts';
import type { BudgetAlert } from '../../../agent/alerts/budget-alerts.ts';
import { Ledger } from '../../../agent/alerts/ledger/ledger.ts';
import { deliver, settlementOf } from '../../../agent/alerts/outbox.ts';
import { Failed, NothingDone } from '../../../agent/sandbox/foundation/errors.ts';
import { temporaryFolder } from '../../support/folder.ts';

const SHOPPING: BudgetAlert = {
  status: {
    budgetId: 3,
    categoryId: 4,
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
  await expect(sendAll([SHOPPING], send, new AbortController().signal, report)).rejects.toThrow(
    /ledger .* cannot be used/,
  );
  return report;
}

test('a text that went out and could not be written down is not reported as failed', async () => {
  expect(await reportWhenLost('during')).toMatchObject({ failed: [], unknown: [{ category: 'Shopping' }] });
});

test('without a ledger nothing goes out, and the report says so', async () => {
  expect(await reportWhenLost('before')).toMatchObject({ failed: [{ category: 'Shopping' }], unknown: [] });
});

const SID = `SM${'a'.repeat(32)}`;
const OTHERS = `SM${'b'.repeat(32)}`;

test.each<[string, Record<string, unknown> | undefined, string, RegExp?]>([
  ['queued', { status: 'queued', sid: SID, body: 'x' }, 'sent'],
  ['delivered', { status: 'delivered', sid: SID, body: 'x' }, 'sent'],
  ['handed over before', { status: 'duplicate', sid: SID, body: 'x', reason: 'before' }, 'sent', /before/],
  ['handed over before, as another', { status: 'duplicate', sid: OTHERS, body: 'x' }, 'failed', /same text/],
  ['sent in other words', { status: 'sent', sid: SID, body: 'y' }, 'sent', /different text/],
  ['refused', { status: 'refused', reason: 'too long' }, 'failed', /too long/],
  ['failed', { status: 'failed', error: { message: 'no route' } }, 'failed', /no route/],
  ['a dry run', { status: 'dry_run', sid: SID }, 'failed', /dry run/],
  ['unknown', { status: 'unknown', error: { message: 'reset' } }, 'unknown', /reset/],
  ['sent, without naming a message', { status: 'sent', body: 'x' }, 'unknown'],
  ['sent, as no message is named', { status: 'sent', sid: '1', body: 'x' }, 'unknown'],
  ['handed over before, without naming a message', { status: 'duplicate', body: 'x' }, 'unknown'],
  ['something else', { status: 'ok', sid: SID }, 'unknown'],
  ['nothing', undefined, 'unknown', /did not report/],
])('a server that says "%s"', (_what, structured, state, reason = /^/) => {
  const settled = settlementOf(structured, 'x', (sid) => sid === OTHERS);
  expect(settled.state).toBe(state);
  expect(settled.reason ?? '').toMatch(reason);
});

test.each([
  ['is unknown', new Failed('the server ended', ''), 'unknown'],
  ['did not begin has failed', new NothingDone('the server had ended', ''), 'failed'],
] as const)(
  'a send that breaks off %s; while it lasts it counts as under way',
  async (_what, error, state) => {
    const ledger = Ledger.open(temporaryFolder());
    onTestFinished(() => ledger.close());
    const during: unknown[] = [];
    const sending = deliver(ledger, TEXT, async () => {
      during.push(ledger.history(1)[0]?.state);
      throw error;
    });
    await expect(sending).rejects.toBe(error);
    expect(during).toEqual(['sending']);
    expect(ledger.history(1)).toMatchObject([{ state, reason: expect.stringContaining('the server') }]);
  },
);
