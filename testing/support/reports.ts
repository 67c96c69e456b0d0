import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PastAlert } from '../../agent/alerts/past-alerts.ts';
import { textOf } from '../../agent/pages/document.ts';
import { reportPage } from '../../agent/pages/report/page.ts';
import type { Report } from '../../agent/pages/report/report.ts';
import { openForWriting, readDatabase, type SpendingDatabase } from '../../agent/spending/database.ts';
import { spendingReport } from '../../agent/spending/report/report.ts';
import { writeSeed } from '../../agent/spending/seed/write.ts';
import { yearScenario } from '../../agent/spending/seed/year.ts';

/** A week in which one budget is over and another will be. */
const DAY = Temporal.PlainDate.from('2026-11-27');
const RANDOM_SEED = 35;

/** The report of the seed's year on a fixed day, after `change`, with alerts in each state. */
export function yearReport(change: (db: SpendingDatabase) => void = () => {}): Report {
  const folder = mkdtempSync(join(tmpdir(), 'spendwise-report-'));
  try {
    const path = join(folder, 'spendwise.db');
    writeSeed(path, yearScenario(DAY, RANDOM_SEED), 'Europe/Zurich');
    const db = openForWriting(path);
    db.pragma('ignore_check_constraints = ON');
    change(db);
    db.close();
    return { ...readDatabase(path, (db) => spendingReport(db, DAY)), alerts: ALERTS, waiting: WAITING };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const about = (
  category: string,
  threshold: PastAlert['threshold'],
  spentMinor: number,
  limitMinor: number,
) => ({
  category,
  currency: 'CHF',
  period: 'week',
  periodStart: '2026-11-23',
  threshold,
  spentMinor,
  limitMinor,
});

const ALERTS: readonly PastAlert[] = [
  {
    at: '2026-11-27T08:00:04Z',
    state: 'sent',
    reason: null,
    late: false,
    ...about('Transportation', 80, 8000, 10000),
  },
  {
    at: '2026-11-26T18:30:11Z',
    state: 'delivered',
    reason: null,
    late: false,
    ...about('Shopping', 'over', 11390, 8000),
  },
  {
    at: '2026-11-20T17:02:40Z',
    state: 'undelivered',
    reason: 'the phone could not be reached (30003)',
    late: false,
    ...about('Food & Dining', 80, 12085, 15000),
  },
  {
    at: '2026-11-14T09:12:00Z',
    state: 'unknown',
    reason: 'the connection was reset after the request',
    late: false,
    ...about('Entertainment', 'forecast', 3200, 5000),
  },
  {
    at: '2026-11-02T07:00:01Z',
    state: 'delivered',
    reason: null,
    late: true,
    ...about('Transportation', 'over', 10420, 10000),
  },
];
const WAITING: Report['waiting'] = [
  { heldBack: 'snoozed until 2026-12-01 00:00', ...about('Health', 80, 41000, 50000), period: 'month' },
];

/** A page of the year, and one whose names and texts are an attacker's. */
export const reportFixture = (): { readonly year: string; readonly hostile: string } => ({
  year: textOf(reportPage(yearReport())),
  hostile: textOf(reportPage(hostileReport())),
});

const PAYLOADS = [
  '<script>canary = 1</script>',
  '"><img src=x onerror="canary=2">',
  "' onload='canary=3' x='",
  '\u202egnitirw fo noitcerid\u2066 \u200b\u001b[2J',
  'مصاريف البيت والسيارة وكل شيء آخر',
  'W'.repeat(500),
  '👩‍👩‍👧‍👦'.repeat(40),
  '</style></svg></title><base href=//x.example>',
];

/** Each category, merchant and reason is one of these; amounts are huge, negative and of five currencies. */
export function hostileReport(): Report {
  const report = yearReport((db) => {
    for (const [at, text] of PAYLOADS.entries()) {
      db.prepare('UPDATE categories SET name = ? WHERE id = ?').run(text, at + 1);
      db.prepare('UPDATE transactions SET merchant = ? || merchant WHERE category_id = ?').run(text, at + 1);
    }
    const add = db.prepare(
      `INSERT INTO transactions (date, amount_minor, currency, category_id, merchant) VALUES (?, ?, ?, ?, ?)`,
    );
    for (const [at, currency] of ['JPY', 'KWD', 'EUR', 'HUF'].entries()) {
      const category = (at % PAYLOADS.length) + 1;
      db.prepare(
        "INSERT INTO budgets (category_id, period, limit_minor, currency) VALUES (?, 'year', ?, ?)",
      ).run(category, 10 ** (at * 4), currency);
      add.run('2026-11-05', -123_456_789_012, currency, category, PAYLOADS[at]);
      add.run('2026-10-05', 98_765_432, currency, category, PAYLOADS[at]);
      add.run('2026-08-05', -1, currency, category + 1, '');
    }
  });
  const alerts = report.alerts.map((alert, at) => ({
    ...alert,
    category: PAYLOADS[at] ?? '',
    reason: PAYLOADS[at + 1] ?? '',
  }));
  return { ...report, alerts };
}
