import { writeFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { type Household, household } from '../../support/household.ts';
import { spendwiseHere } from '../../support/in-process.ts';

const SHOPPING = '[!!] SpendWise: Shopping\nCHF 95/80 (119%)';
const FOOD = '[!] SpendWise: Food & Dining\nCHF 135/150 (90%)';

async function alert({ env }: Household, args = ['--yes'], set: Record<string, string> = {}) {
  const ran = await spendwiseHere(['alert', '--json', '--runtime', 'process', ...args], {
    env: { ...env, ...set },
  });
  return { ...ran, report: JSON.parse(ran.stdout || '{}') };
}

const change = (file: string, sql: string) => {
  const db = new Database(file);
  db.exec(sql);
  db.close();
};

const spend = ({ database }: Household, category: string, minor: number, day = Temporal.Now.plainDateISO()) =>
  change(
    database,
    `INSERT INTO transactions (date, amount_minor, currency, category_id)
     SELECT '${day}', ${-minor}, 'CHF', id FROM categories WHERE name = '${category}'`,
  );

const bodies = ({ twilio }: Household) => twilio.inbox.map(({ body }) => body);

test('a correction arms what becomes true again, once: a text, and no other', async () => {
  const home = await household();
  await alert(home);
  // Shopping is at 87 %, which was told by the alert before.
  const tx = (...args: string[]) => spendwiseHere(['tx', ...args], { env: home.env });
  expect((await tx('add', '25', '--refund', '--category', 'shopping')).code).toBe(0);
  expect((await alert(home)).report.sent).toEqual([]);
  expect((await tx('add', '15', '--category', 'shopping')).code).toBe(0);
  expect((await alert(home)).report.sent).toMatchObject([{ category: 'Shopping', threshold: 'over' }]);
  expect((await alert(home)).report.sent).toEqual([]);
  // It comes and goes: not again today.
  for (const minor of [-6000, 6000]) {
    spend(home, 'Shopping', minor);
    expect((await alert(home)).report.sent).toEqual([]);
  }
  expect(bodies(home)).toEqual([SHOPPING, FOOD, '[!!] SpendWise: Shopping\nCHF 85/80 (106%)']);
});

test('an import that is undone and done again texts once more, and no third time', async () => {
  const home = await household();
  const file = `${home.folder}/bank.csv`;
  const day = Temporal.Now.plainDateISO();
  writeFileSync(file, `Date,Description,Amount,Currency\n${day},Palace cinema,-60.00,CHF\n`);
  const spendwise = async (...args: string[]) =>
    expect(await spendwiseHere(args, { env: home.env })).toMatchObject({ code: 0 });
  await spendwise('rules', 'add', 'cinema', '--category', 'entertainment');
  await alert(home);
  for (const [at, texts] of [3, 4, 4].entries()) {
    await spendwise('import', file);
    await alert(home);
    expect(home.twilio.inbox).toHaveLength(texts);
    await spendwise('import', 'undo', String(at + 1));
    await alert(home);
  }
});

/** Turns the ledger back by a week: what a run saw was in the week before. */
const aWeekLater = (home: Household) =>
  change(
    `${home.env.SPENDWISE_STATE_DIR}/ledger.db`,
    `UPDATE watched SET period_start = date(period_start, '-7 days');
     UPDATE intents SET period_start = date(period_start, '-7 days');`,
  );

/** The last day of the week before. */
const SUNDAY = Temporal.Now.plainDateISO().subtract({ days: Temporal.Now.plainDateISO().dayOfWeek });

/** Seen in the week before, in which everything was held back; and now spending is of that week. */
async function heldAWeekAgo() {
  const home = await household();
  await spendwiseHere(['alert', 'snooze', '--all', '--days', '1'], { env: home.env });
  expect((await alert(home)).report).toMatchObject({ due: [{}, {}], sent: [], skipped: [{}, {}] });
  await spendwiseHere(['alert', 'snooze', '--all', '--clear'], { env: home.env });
  aWeekLater(home);
  change(home.database, `UPDATE transactions SET date = '${SUNDAY}'`);
  return home;
}

const TOLD_LATE = `SpendWise, told late:
Shopping, week to ${SUNDAY}: CHF 95/80 (119%)
Food & Dining, week to ${SUNDAY}: CHF 135/150 (90%)`;

test('what was held back until its period ended is told in one text, once', async () => {
  const home = await heldAWeekAgo();
  const dry = await spendwiseHere(['alert', '--dry-run'], { env: home.env });
  expect(dry.stdout).toMatch(/^due +Shopping .* over +told late, week from/);
  const { report, code } = await alert(home);
  const ended = { period: 'week', periodStart: SUNDAY.subtract({ days: 6 }).toString() };
  expect(report).toMatchObject({
    due: [{ ended }, { ended }],
    sent: [
      { category: 'Shopping', spentMinor: 9500, threshold: 'over', ended, sid: home.twilio.inbox[0]?.sid },
      { category: 'Food & Dining', threshold: 80, ended, sid: home.twilio.inbox[0]?.sid },
    ],
  });
  expect(code).toBe(0);
  // A late import of more: it was told.
  spend(home, 'Shopping', 100, SUNDAY);
  expect((await alert(home)).report).toMatchObject({ due: [], sent: [] });
  // Another budget, which nobody was told about.
  spend(home, 'Entertainment', 5000, SUNDAY);
  expect((await alert(home)).report.sent).toMatchObject([{ category: 'Entertainment', ended }]);
  expect(bodies(home)).toEqual([
    TOLD_LATE,
    `SpendWise, told late:\nEntertainment, week to ${SUNDAY}: CHF 65/50 (130%)`,
  ]);
});

test('a summary waits for a snooze and for quiet hours, without waiting for other budgets', async () => {
  const home = await heldAWeekAgo();
  const hour = (offset: number) =>
    `${String((Temporal.Now.zonedDateTimeISO('UTC').hour + 24 + offset) % 24).padStart(2, '0')}:00`;
  const quiet = { SPENDWISE_QUIET_HOURS: `${hour(0)}-${hour(2)} UTC` };
  expect((await alert(home, ['--yes'], quiet)).report).toMatchObject({ sent: [], skipped: [{}, {}] });
  await spendwiseHere(['alert', 'snooze', 'Shopping', '--days', '3'], { env: home.env });
  expect((await alert(home)).report).toMatchObject({
    sent: [{ category: 'Food & Dining' }],
    skipped: [{ category: 'Shopping', reason: expect.stringMatching(/^snoozed/) }],
  });
  await spendwiseHere(['alert', 'snooze', 'Shopping', '--clear'], { env: home.env });
  expect((await alert(home)).report.sent).toMatchObject([{ category: 'Shopping' }]);
  expect(home.twilio.inbox).toHaveLength(2);
});

test('tells nothing of periods that no run saw, of what was told in time, and of older ones', async () => {
  const imported = await household();
  spend(imported, 'Transportation', 50_000, SUNDAY);
  expect((await alert(imported)).report.sent).toHaveLength(2);
  const told = await household();
  await alert(told);
  aWeekLater(told);
  change(told.database, `UPDATE transactions SET date = '${SUNDAY}'`);
  expect((await alert(told)).report).toMatchObject({ due: [], sent: [] });
  const old = await heldAWeekAgo();
  aWeekLater(old);
  change(old.database, `UPDATE transactions SET date = '${SUNDAY.subtract({ days: 7 })}'`);
  expect((await alert(old)).report).toMatchObject({ due: [], sent: [] });
  expect([imported, told, old].map(({ twilio }) => twilio.inbox.length)).toEqual([2, 2, 0]);
});

test('a summary that may have gone out is not sent again, and is said until it is settled', async () => {
  const home = await heldAWeekAgo();
  home.twilio.faults.next('5xx-before');
  expect(await alert(home)).toMatchObject({ code: 1, report: { unknown: [{}, {}], sent: [] } });
  const open = await alert(home);
  expect(open).toMatchObject({
    code: 1,
    report: {
      due: [],
      unknown: [{ category: 'Shopping', ended: {}, reason: expect.stringMatching(/alert resolve 1/) }, {}],
    },
  });
  await spendwiseHere(['alert', 'resolve', '1', '--not-sent'], { env: home.env });
  expect(await alert(home)).toMatchObject({ code: 0, report: { sent: [{}, {}] } });
  expect(bodies(home)).toEqual([TOLD_LATE]);
});

test('a text that did not arrive is said with its cause, exits with 1 until it is settled, and is not sent again by itself', async () => {
  const home = await household();
  const { twilio, env } = home;
  const owner = env.NOTIFICATION_PHONE ?? '';
  twilio.outcomes.set(owner, { status: 'undelivered', errorCode: 30003 });
  await alert(home);
  const [shopping, food] = twilio.inbox;
  twilio.clock.advance(3_000);
  const learnt = await alert(home);
  expect(learnt).toMatchObject({
    code: 1,
    report: {
      sent: [],
      skipped: [],
      undelivered: [
        {
          category: 'Shopping',
          sid: shopping?.sid,
          reason: expect.stringMatching(/undelivered, error 30003: the phone was off/),
        },
        { category: 'Food & Dining', sid: food?.sid },
      ],
    },
  });
  expect(learnt.stderr).toMatch(/"Shopping" of .* did not arrive: .*alert resolve 1 --not-sent/);
  const next = await spendwiseHere(['alert', '--quiet'], { env });
  expect(next).toMatchObject({
    code: 1,
    stderr: '',
    stdout: expect.stringMatching(/^UNDELIVERED {2}Shopping/),
  });
  const history = async () => (await spendwiseHere(['alert', 'history'], { env })).stdout;
  expect(await history()).toMatch(/^ {3}2 +undelivered .*\n.*30003/);
  await spendwiseHere(['alert', 'resolve', '1', '--sent'], { env });
  twilio.outcomes.set(owner, { status: 'sent' });
  await spendwiseHere(['alert', 'resolve', '2', '--not-sent'], { env });
  expect(await alert(home)).toMatchObject({
    code: 0,
    report: { sent: [{ category: 'Food & Dining' }], undelivered: [] },
  });
  expect(await history()).toMatch(/^ {3}3 +sent .*\n.*\n {3}2 +failed .*\n.*\n {3}1 +delivered /);
  expect(bodies(home)).toEqual([SHOPPING, FOOD, FOOD]);
});

test('without a way to ask Twilio, a run with nothing to send says so and succeeds', async () => {
  const home = await household();
  await alert(home);
  const ran = await alert(home, []);
  expect(ran).toMatchObject({ code: 0, report: { sent: [], failed: [], skipped: [{}, {}] } });
  expect(ran.stderr).toMatch(/whether earlier texts arrived could not be looked up/);
});
