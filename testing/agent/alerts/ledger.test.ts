import { spawnSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { CAPS, type Intent, Ledger, TEXT_WINDOW_MS } from '../../../agent/alerts/ledger/ledger.ts';
import { openLedger } from '../../../agent/alerts/ledger/ledger-file.ts';
import type { AlertKey, Told } from '../../../agent/alerts/ledger/row.ts';
import { DAY_MS } from '../../../agent/alerts/ledger/uniqueness.ts';
import type { BudgetStatus } from '../../../agent/spending/status.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { REPO, SOURCES } from '../../support/run.ts';

const SID = `SM${'a'.repeat(32)}`;
const KEY: AlertKey = {
  database: '/data/x.db',
  budgetId: 3,
  categoryId: 4,
  limitMinor: 80,
  category: 'Shopping',
  currency: 'CHF',
  period: 'week',
  periodStart: '2026-11-23',
  threshold: 80,
};
const alert = (change: Partial<AlertKey> = {}): Intent => ({
  tool: 'send_budget_alert',
  recipient: '+12025550143',
  body: 'Shopping is hot',
  alert: { ...KEY, spentMinor: 95, ...change },
});
const text = (body: string): Intent => ({ tool: 'send_sms', recipient: '+12025550143', body });

function ledgerIn(folder: string, now?: () => number): Ledger {
  const ledger = Ledger.open(folder, now);
  onTestFinished(() => ledger.close());
  return ledger;
}

const place = (ledger: Ledger, intent: Intent): number => {
  const reserved = ledger.reserve(intent);
  if (!reserved.ok) throw new Error('no place');
  return reserved.id;
};

const finish = (ledger: Ledger, id: number, sid: string | undefined = SID): void => {
  ledger.sending(id);
  ledger.settle(id, { state: 'sent', sid });
};

test('reserves an alert once, unless it certainly was not sent', () => {
  const ledger = ledgerIn(temporaryFolder());
  const id = place(ledger, alert());
  expect(ledger.reserve(alert())).toMatchObject({ ok: false, earlier: { id, state: 'reserved' } });
  ledger.sending(id);
  expect(ledger.reserve(alert())).toMatchObject({ ok: false, earlier: { state: 'sending' } });
  ledger.settle(id, { state: 'unknown', reason: 'reset' });
  expect(ledger.reserve(alert())).toMatchObject({ ok: false, earlier: { state: 'unknown' } });
  ledger.settle(id, { state: 'failed', reason: 'a person said so' });
  const again = place(ledger, alert());
  ledger.sending(again);
  ledger.settle(again, { state: 'sent', sid: SID });
  expect(ledger.reserve(alert())).toMatchObject({
    ok: false,
    earlier: { id: again, state: 'sent', sid: SID },
  });
  expect(ledger.history(9).map(({ state }) => state)).toEqual(['sent', 'failed']);
});

test('reserves separately for a higher threshold, another budget, period or database, but not for a lower threshold', () => {
  const ledger = ledgerIn(temporaryFolder());
  place(ledger, alert());
  expect(ledger.reserve(alert({ category: 'its new name' })).ok).toBe(false);
  for (const change of [
    { threshold: 100 },
    { threshold: 'over' },
    { threshold: 'forecast', budgetId: 5 },
    { budgetId: 6 },
    { categoryId: 6 },
    { limitMinor: 90 },
    { currency: 'EUR' },
    { period: 'month' },
    { periodStart: '2026-11-30' },
    { database: '/other.db' },
  ] as const)
    expect(ledger.reserve(alert(change)).ok, JSON.stringify(change)).toBe(true);
  expect(ledger.reserve(alert({ threshold: 50 })).ok).toBe(false);
});

/** Shopping as a run sees it. */
const seen = (spentMinor: number, change: Partial<BudgetStatus> = {}) => ({
  day: Temporal.PlainDate.from('2026-11-25'),
  statuses: [
    {
      ...KEY,
      period: 'week',
      periodEnd: '2026-11-30',
      spentMinor,
      pendingMinor: 0,
      percent: 0,
      state: 'ok',
      ...change,
    } as const,
  ],
});
const over = alert({ threshold: 'over' });

test('after spending fell below a threshold it is reserved once more, across restarts, twice a day at most', () => {
  let now = Date.now();
  const folder = temporaryFolder();
  const ledger = ledgerIn(folder, () => now);
  const told = () => {
    const ids = [1, 2].map(() => ledgerIn(folder, () => now).reserve(over)).map((got) => got.ok && got.id);
    for (const id of ids) if (id) finish(ledger, id);
    return ids.filter((id) => id !== false).length;
  };
  const see = (spentMinor: number) =>
    ledgerIn(folder, () => now).observe(KEY.database, () => seen(spentMinor));
  expect(told()).toBe(1);
  see(81);
  expect(told()).toBe(0);
  see(80);
  see(95);
  expect(told()).toBe(1);
  see(70);
  expect(told()).toBe(0);
  now += DAY_MS;
  expect(told()).toBe(1);
});

test('an alert that is on its way is not taken back', () => {
  const ledger = ledgerIn(temporaryFolder());
  const id = place(ledger, over);
  ledger.observe(KEY.database, () => seen(0));
  expect(ledger.reserve(over).ok).toBe(false);
  finish(ledger, id);
  ledger.observe('/other.db', () => seen(0));
  expect(ledger.reserve(over).ok).toBe(false);
  ledger.observe(KEY.database, () => seen(0));
  expect(ledger.reserve(over).ok).toBe(true);
});

test('the database itself holds that an alert that was taken back leaves one place', () => {
  const folder = temporaryFolder();
  const ledger = ledgerIn(folder);
  finish(ledger, place(ledger, over));
  ledger.observe(KEY.database, () => seen(0));
  const db = new Database(join(folder, 'ledger.db'));
  onTestFinished(() => void db.close());
  const again = () => db.exec(`${COPY_OF_ROWS.replace('fell_minor,', 'NULL,')} WHERE id = 1`);
  again();
  expect(again).toThrow(/UNIQUE/);
});

const summary = (...told: Told[]): Intent => ({ ...text(`told late ${told.length}`), told });

test('a summary takes each budget and period once, and gives them back if it failed', () => {
  const ledger = ledgerIn(temporaryFolder());
  const told: Told = { ...KEY, spentMinor: 95 };
  expect(() => ledger.reserve(summary(told))).toThrow(/another summary/);
  expect(ledger.history(9)).toEqual([]);
  for (const _run of [1, 2]) ledger.observe(KEY.database, () => seen(95));
  ledger.observe(KEY.database, () => seen(95, { budgetId: 5 }));
  const untold = () => ledger.untold(KEY.database, '2026-11-23').map(({ budgetId }) => budgetId);
  expect(untold()).toEqual([3, 5]);
  expect(ledger.untold(KEY.database, '2026-11-24')).toEqual([]);
  const id = place(ledger, summary(told));
  expect(untold()).toEqual([5]);
  expect(() => ledger.reserve(summary(told, { ...told, budgetId: 5 }))).toThrow(/another summary/);
  expect(untold()).toEqual([5]);
  ledger.sending(id);
  ledger.settle(id, { state: 'unknown', reason: 'reset' });
  expect(ledger.open().flatMap((row) => ledger.toldBy(row))).toEqual([told]);
  ledger.settle(id, { state: 'failed', reason: 'a person said so' });
  expect(untold()).toEqual([3, 5]);
  finish(ledger, place(ledger, summary(told, { ...told, budgetId: 5 })));
  expect(untold()).toEqual([]);
});

test('a summary that a killed process reserved is free again', () => {
  let now = Date.now();
  const ledger = ledgerIn(temporaryFolder(), () => now);
  ledger.observe(KEY.database, () => seen(95));
  place(ledger, summary({ ...KEY, spentMinor: 95 }));
  now += 10 * 60_000 + 1;
  ledger.recover();
  expect(ledger.untold(KEY.database, '2026-11-23')).toHaveLength(1);
});

test('what was sent is followed less and less often, for three days, until Twilio knows the end', () => {
  let now = Date.now();
  const ledger = ledgerIn(temporaryFolder(), () => now);
  const [id, other] = [place(ledger, alert()), place(ledger, text('hello'))];
  expect(ledger.toFollow()).toEqual([]);
  finish(ledger, id);
  const asked: number[] = [];
  const sent = now;
  for (; now < sent + 4 * DAY_MS; now += 15 * 60_000)
    if (ledger.toFollow().length > 0) {
      asked.push((now - sent) / 3_600_000);
      ledger.followed(id, 'sent');
    }
  expect(asked).toEqual([0, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64]);
  ledger.followed(id, 'undelivered', 'Twilio says undelivered');
  expect(ledger.open()).toMatchObject([{ id, state: 'undelivered', sid: SID }]);
  expect(ledger.reserve(alert())).toMatchObject({ ok: false, earlier: { id } });
  ledger.followed(other, 'delivered');
  expect(ledger.find(other)?.state).toBe('failed');
  ledger.settle(id, { state: 'failed', reason: 'the user said so' });
  expect(ledger.find(id)).toMatchObject({ state: 'failed', sid: SID });
  expect(ledger.reserve(alert()).ok).toBe(true);
});

test('the same text goes out once within a day, counted from when it did', () => {
  let now = 5 * TEXT_WINDOW_MS - 1;
  const ledger = ledgerIn(temporaryFolder(), () => now);
  place(ledger, text('hello'));
  // Across the border of two windows.
  now += 2;
  expect(ledger.reserve(text('hello')).ok).toBe(false);
  expect(ledger.reserve(text('hello!')).ok).toBe(true);
  expect(ledger.reserve({ ...text('hello'), recipient: '+12025550150' }).ok).toBe(true);
  now += TEXT_WINDOW_MS;
  expect(ledger.reserve(text('hello')).ok).toBe(true);
});

const send = (ledger: Ledger, intent: Intent): void => finish(ledger, place(ledger, intent), undefined);

test('no more than the caps, over all kinds; what failed does not count', () => {
  let now = Date.now();
  const ledger = ledgerIn(temporaryFolder(), () => now);
  for (let n = 0; n < CAPS.hour; n += 1) send(ledger, n % 2 ? text(`t${n}`) : alert({ budgetId: n }));
  expect(ledger.reserve(text('one more'))).toMatchObject({
    ok: false,
    cap: expect.stringContaining('an hour'),
  });
  expect(ledger.cap()).toContain(`${CAPS.hour} texts`);
  now += 3_600_001;
  const id = place(ledger, text('not needed'));
  ledger.sending(id);
  ledger.settle(id, { state: 'failed', reason: 'not needed' });
  for (let n = 0; n < CAPS.hour; n += 1) send(ledger, text(`u${n}`));
  now += 3_600_001;
  for (let n = 0; ledger.cap() === undefined; n += 1) send(ledger, text(`v${n}`));
  expect(ledger.cap()).toContain('a day');
});

test('what is under way or may have gone out counts against the caps', () => {
  const ledger = ledgerIn(temporaryFolder());
  const states = ['reserved', 'sending', 'unknown'] as const;
  for (let n = 0; n < CAPS.hour; n += 1) {
    const id = place(ledger, text(`t${n}`));
    const state = states[n % states.length];
    if (state === 'reserved') continue;
    ledger.sending(id);
    if (state === 'unknown') ledger.settle(id, { state, reason: 'reset' });
  }
  expect(ledger.reserve(text('one more')).ok).toBe(false);
});

test('a commit is on the disk before it returns', () => {
  const db = openLedger(temporaryFolder(), 'write');
  onTestFinished(() => void db.close());
  // EXTRA, and a journal that a power failure leaves behind to be rolled back.
  expect([db.pragma('synchronous', { simple: true }), db.pragma('journal_mode', { simple: true })]).toEqual([
    3,
    'delete',
  ]);
});

test('neither skips a state nor returns to one', () => {
  const ledger = ledgerIn(temporaryFolder());
  const id = place(ledger, alert());
  expect(() => ledger.settle(id, { state: 'sent', sid: SID })).toThrow(/not being sent/);
  ledger.sending(id);
  expect(() => ledger.sending(id)).toThrow(/taken over/);
  ledger.settle(id, { state: 'sent', sid: SID });
  expect(() => ledger.settle(id, { state: 'failed', reason: 'no' })).toThrow(/not being sent/);
  expect(() => ledger.sending(id)).toThrow(/taken over/);
});

/** What a process leaves that is killed between two steps. */
function leaveBehind(folder: string, ...steps: string[]): void {
  const code = `import { Ledger } from '${REPO}agent/alerts/ledger/ledger.ts';
    const ledger = Ledger.open('${folder}');
    const { id } = ledger.reserve(${JSON.stringify(alert())});
    ${steps.join('\n')}
    process.kill(process.pid, 'SIGKILL');`;
  const { signal, stderr } = spawnSync(process.execPath, [SOURCES, '--input-type=module', '-e', code]);
  expect(signal, String(stderr)).toBe('SIGKILL');
}

test('frees the reservation of a killed process that did not send', () => {
  const folder = temporaryFolder();
  leaveBehind(folder);
  const ledger = ledgerIn(folder);
  expect(ledger.history(1)).toMatchObject([
    { state: 'failed', reason: expect.stringMatching(/before it sent anything/) },
  ]);
  expect(ledger.reserve(alert()).ok).toBe(true);
});

test('marks what a killed process was sending as unknown, permanently', () => {
  const folder = temporaryFolder();
  leaveBehind(folder, 'ledger.sending(id);');
  const ledger = ledgerIn(folder);
  const unknown = [{ state: 'unknown', reason: expect.stringMatching(/while it was sending/) }];
  expect(ledger.unknown()).toMatchObject(unknown);
  expect(ledger.reserve(alert()).ok).toBe(false);
  ledger.recover();
  expect(ledger.unknown()).toMatchObject(unknown);
  ledger.settle(1, { state: 'sent', sid: SID });
  expect(ledger.unknown()).toEqual([]);
});

test('what another machine or a hung process left open counts as such after ten minutes, and it cannot send then', () => {
  let now = Date.now();
  const folder = temporaryFolder();
  const ledger = ledgerIn(folder, () => now);
  const [reserved, sending] = [place(ledger, text('a')), place(ledger, text('b'))];
  ledger.sending(sending);
  now += 10 * 60_000 + 1;
  expect(ledger.unknown()).toMatchObject([{ id: sending }]);
  ledgerIn(folder, () => now).recover();
  expect(() => ledger.sending(reserved)).toThrow(/taken over/);
  // It was only slow: what it says in the end is true.
  ledger.settle(sending, { state: 'sent', sid: SID });
  expect(ledger.find(sending)).toMatchObject({ state: 'sent' });
});

test('snoozes end by themselves, can be lifted, and may hold for all', () => {
  let now = Date.parse('2026-11-23T10:00:00Z');
  const ledger = ledgerIn(temporaryFolder(), () => now);
  const [later, muchLater] = [new Date(now + 1000), new Date(now + 2000)];
  ledger.snooze('/x', 'Shopping', later);
  expect(ledger.snoozedUntil('/x', 'Shopping')).toEqual(later);
  expect(ledger.snoozedUntil('/x', 'Boats')).toBeUndefined();
  expect(ledger.snoozedUntil('/y', 'Shopping')).toBeUndefined();
  ledger.snooze('/x', undefined, muchLater);
  expect(ledger.snoozedUntil('/x', 'Shopping')).toEqual(muchLater);
  ledger.snooze('/x', undefined, undefined);
  expect(ledger.snoozes('/x')).toEqual([{ category: 'Shopping', until: later }]);
  now += 1000;
  expect(ledger.snoozedUntil('/x', 'Shopping')).toBeUndefined();
  expect(ledger.snoozes('/x')).toEqual([]);
});

test('is readable by its owner only, and reading creates no file', () => {
  const folder = temporaryFolder();
  expect(Ledger.openIfThere(folder)).toBeUndefined();
  // What is left of one whose maker was killed.
  writeFileSync(join(folder, 'ledger.db'), '', { mode: 0o600 });
  expect(Ledger.openIfThere(folder)).toBeUndefined();
  expect(statSync(join(folder, 'ledger.db')).size).toBe(0);
  ledgerIn(folder);
  expect(statSync(join(folder, 'ledger.db')).mode & 0o777).toBe(0o600);
});

test("a file that is damaged, another program's or of another version is an error that says so, and stays as it is", () => {
  const junk = temporaryFolder();
  writeFileSync(join(junk, 'ledger.db'), 'no database '.repeat(100));
  expect(() => Ledger.open(junk)).toThrow(/damaged/);
  expect(readFileSync(join(junk, 'ledger.db'), 'utf8')).toMatch(/^no database/);
  for (const [sql, problem] of [
    ['CREATE TABLE notes (text)', /another program/],
    ['CREATE TABLE intents (id); PRAGMA application_id = 0x5350574c; PRAGMA user_version = 9', /version 9/],
  ] as const) {
    const folder = temporaryFolder();
    const db = new Database(join(folder, 'ledger.db'));
    db.exec(sql);
    db.close();
    expect(() => Ledger.open(folder)).toThrow(problem);
    expect(() => Ledger.openIfThere(folder)).toThrow(problem);
  }
});

const COPY_OF_ROWS = `INSERT INTO intents SELECT NULL, kind, state, tool, database, category, currency, period, period_start,
  threshold, spent_minor, limit_minor, recipient, body, window, sid, reason, reserved_ms, sending_ms, settled_ms, owner,
  budget_id, category_id, fell_minor, checked_ms FROM intents`;

test.each([
  ['an alert', alert()],
  ['a text', text('hello')],
])('the database itself holds that %s has one place', (_what, intent) => {
  const folder = temporaryFolder();
  place(ledgerIn(folder), intent);
  const db = new Database(join(folder, 'ledger.db'));
  onTestFinished(() => void db.close());
  expect(() => db.exec(COPY_OF_ROWS)).toThrow(/UNIQUE/);
  expect(() => db.exec(`UPDATE intents SET state = 'sent'`)).toThrow(/CHECK/);
  expect(() => db.exec(`UPDATE intents SET state = 'lost'`)).toThrow(/CHECK/);
});
