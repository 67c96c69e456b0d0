import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { emptyReport } from '../../../agent/alerts/alert-run.ts';
import { AlertSender } from '../../../agent/alerts/alert-sender.ts';
import { Ledger } from '../../../agent/alerts/ledger/ledger.ts';
import { alertSettings } from '../../../agent/alerts/settings.ts';
import { smsAccount } from '../../../agent/settings/sms-account.ts';
import { SEND_ALERT } from '../../../agent/tools/known-tools.ts';
import type { Toolbox } from '../../../agent/tools/toolbox.ts';
import { type Household, household } from '../../support/household.ts';
import { spendwise } from '../../support/run.ts';

const SHOPPING = '[!!] SpendWise: Shopping\nCHF 95/80 (119%)';

const change = ({ database }: Household, sql: string) => {
  const db = new Database(database);
  db.exec(sql);
  db.close();
};

const spend = (home: Household, category: string, minor: number) =>
  change(
    home,
    `INSERT INTO transactions (date, amount_minor, currency, category_id)
     SELECT '${Temporal.Now.plainDateISO()}', ${-minor}, 'CHF', id FROM categories WHERE name = '${category}'`,
  );

/** What a run sends and reports when `meanwhile` happens while Twilio has its first text. Two are due then. */
async function slowRun(home: Household, meanwhile: (ledger: Ledger) => void) {
  const ledger = Ledger.open(home.env.SPENDWISE_STATE_DIR);
  onTestFinished(() => ledger.close());
  const sms = smsAccount(home.env);
  const options = { database: home.database, settings: alertSettings({}), sms, ledger };
  const bodies: string[] = [];
  let today = Temporal.Now.plainDateISO();
  const call: Toolbox['call'] = async (_tool, args) => {
    if (bodies.length === 0) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      meanwhile(ledger);
    }
    const body = `${args.category} ${args.spent}/${args.budget}`;
    bodies.push(body);
    const sid = `SM${String(bodies.length).padStart(32, '0')}`;
    return { isError: false, text: '', structured: { status: 'queued', sid, body } };
  };
  const sender = new AlertSender({
    ...options,
    get today() {
      return today;
    },
    toolbox: { find: (name) => (name === SEND_ALERT ? {} : undefined), call } as Toolbox,
  });
  const report = emptyReport();
  const nextWeek = () => {
    today = today.add({ days: 7 });
  };
  return {
    ledger,
    bodies,
    report,
    nextWeek,
    run: () => sender.run(report, new AbortController().signal, () => {}),
  };
}

test('texts the latest figures, even if they changed during the previous text', async () => {
  const home = await household();
  const { run, bodies, report, ledger } = await slowRun(home, () => spend(home, 'Food & Dining', 3000));
  await run();
  expect(bodies).toEqual(['Shopping 95/80', 'Food & Dining 165/150']);
  expect(report.due).toMatchObject([{}, { category: 'Food & Dining', spentMinor: 13_500, threshold: 80 }]);
  expect(report.sent[1]).toMatchObject({ spentMinor: 16_500, threshold: 'over' });
  expect(ledger.history(1)[0]?.alert).toMatchObject({ spentMinor: 16_500, threshold: 'over' });
});

test.each<[string, (home: Household, ledger: Ledger) => void, RegExp]>([
  [
    'is snoozed',
    (home, ledger) => ledger.snooze(home.database, 'Food & Dining', new Date(Date.now() + 60_000)),
    /^snoozed until/,
  ],
  ['is paid back', (home) => spend(home, 'Food & Dining', -13_000), /no threshold now/],
  ['is raised', (home) => change(home, 'UPDATE budgets SET limit_minor = 90000'), /no threshold now/],
  ['is deleted', (home) => change(home, 'DELETE FROM budgets'), /no longer in the database/],
])(
  'a budget that %s meanwhile is not texted about, and the report says why',
  async (_what, happens, reason) => {
    const home = await household();
    const { run, bodies, report } = await slowRun(home, (ledger) => happens(home, ledger));
    await run();
    expect(bodies).toEqual(['Shopping 95/80']);
    expect(report.skipped).toMatchObject([
      { category: 'Food & Dining', reason: expect.stringMatching(reason) },
    ]);
    expect(report.sent).toHaveLength(1);
  },
);

test('sends nothing for a period that has ended meanwhile', async () => {
  const home = await household();
  const slow = await slowRun(home, () => slow.nextWeek());
  await slow.run();
  expect(slow.bodies).toEqual(['Shopping 95/80']);
  expect(slow.report.skipped).toMatchObject([{ category: 'Food & Dining', spentMinor: 0 }]);
});

test('a database that cannot be read right before a send: nothing was sent, and the report says that it failed', async () => {
  const home = await household();
  const { run, bodies, report } = await slowRun(home, () => change(home, 'DROP TABLE transactions'));
  await expect(run()).rejects.toThrow(/no such table/);
  expect(bodies).toHaveLength(1);
  expect(report).toMatchObject({ sent: [{}], failed: [{ category: 'Food & Dining' }], unknown: [] });
});

test('applies a snooze that starts while the command is sending', async () => {
  const home = await household();
  home.twilio.faults.next({ kind: 'late', ms: 4000 });
  const running = spendwise(['alert', '--json', '--yes', '--runtime', 'process'], { env: home.env });
  while (home.twilio.inbox.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  spend(home, 'Food & Dining', 1000);
  const ledger = Ledger.open(home.env.SPENDWISE_STATE_DIR);
  ledger.snooze(home.database, 'Food & Dining', new Date(Date.now() + 600_000));
  ledger.close();
  const report = JSON.parse((await running).stdout);
  expect(home.twilio.inbox.map(({ body }) => body)).toEqual([SHOPPING]);
  expect(report).toMatchObject({
    sent: [{ category: 'Shopping' }],
    skipped: [{ category: 'Food & Dining', spentMinor: 14_500, reason: expect.stringMatching(/^snoozed/) }],
  });
});
