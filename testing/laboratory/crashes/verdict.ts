import type { AlertReport } from '../../../agent/alerts/alert-run.ts';
import type { HistoryEntry } from './alert-run.ts';
import type { HomeBudget } from './home.ts';

/** All that is looked at: the inbox, the ledger as `alert history` shows it, and the report of an undisturbed last run. */
export interface Evidence {
  readonly inbox: readonly { readonly sid: string; readonly body: string; readonly createdAt: Date }[];
  readonly history: readonly HistoryEntry[];
  readonly report: AlertReport;
  readonly budgets: readonly HomeBudget[];
  readonly spending: Spending;
}

/** Moments in milliseconds; by default, now. */
export interface Spending {
  spentMinor(category: string, by?: number): number;
  /** The least that was spent between two moments. */
  least(category: string, after: number, by?: number): number;
  /** The least that a run saw after a moment, if nobody killed that run. */
  leastSeen(category: string, after: number): number;
}

export interface Verdict {
  /** Each a sentence; none is what we promise. */
  readonly violations: readonly string[];
  readonly texts: number;
  /** Intents whose outcome a run did not know, and how many of them a later run found at Twilio. */
  readonly unknowns: number;
  readonly settledByLookUp: number;
}

/**
 * Holds what the ledger and the last run say against what went out. By its own reckoning: which budget and threshold a
 * text is about is read from the text.
 */
export function judge({ inbox, history, report, budgets, spending }: Evidence): Verdict {
  const violations: string[] = [];
  const counting = history.filter(({ state }) => state !== 'failed');

  const told = new Map<string, number>();
  for (const { sid, body, createdAt } of inbox) {
    const text = readText(body, budgets);
    const name = text === undefined ? JSON.stringify(body) : `${text.budget.category} ${text.threshold}`;
    if (text === undefined || text.threshold === undefined) violations.push(`not an alert: ${name}`);
    const key = text === undefined ? body : `${text.budget.period} ${name}`;
    // Again only if less was spent meanwhile.
    const before = told.get(key);
    const corrected = (after: number) =>
      text !== undefined &&
      !hasReached(
        spending.least(text.budget.category, after, createdAt.getTime()),
        text.budget.limitMinor,
        text.threshold,
      );
    if (before !== undefined && !corrected(before)) violations.push(`twice: ${key}`);
    told.set(key, createdAt.getTime());
    const rows = counting.filter((row) => row.body === body);
    const row = rows.find((each) => each.sid === sid) ?? rows[0];
    if (rows.length > inbox.filter((each) => each.body === body).length)
      violations.push(`two places in the ledger: ${name}`);
    if (row === undefined) {
      const denied = history.some((each) => each.body === body);
      violations.push(`${denied ? 'counted as failed' : 'not in the ledger'}, and it went out: ${name}`);
    } else if (!isSent(row)) {
      violations.push(`left ${row.state}, and it went out: ${name}`);
    } else if (row.sid !== sid) violations.push(`another message than the ledger has: ${name}`);
  }

  for (const row of history) {
    const { state, sid, body, alert, at } = row;
    const name = alert === undefined ? body : `${alert.category} ${alert.threshold}`;
    if (state === 'reserved' || state === 'sending') violations.push(`left ${state}: ${name}`);
    if (isSent(row) && !inbox.some((each) => each.sid === sid && each.body === body))
      violations.push(`claimed, and it did not go out: ${name}`);
    const text = readText(body, budgets);
    const right = text !== undefined && alert !== undefined;
    if (!right || text.spentMinor !== spending.spentMinor(alert.category, Date.parse(at)))
      violations.push(`wrong figures: ${JSON.stringify(body)}`);
    else if (String(text.threshold) !== String(alert.threshold) || text.spentMinor !== alert.spentMinor)
      violations.push(`the ledger says other figures than the text: ${JSON.stringify(body)}`);
  }

  for (const budget of budgets) {
    const { category, period, limitMinor } = budget;
    const threshold = thresholdOf(spending.spentMinor(category), limitMinor);
    if (threshold === undefined) continue;
    const same = counting.filter(
      ({ alert, at }) =>
        alert?.limitMinor === limitMinor &&
        rank(alert.threshold) >= rank(threshold) &&
        hasReached(spending.leastSeen(category, Date.parse(at)), limitMinor, threshold),
    );
    const twice =
      counting.filter(
        ({ alert }) => alert?.limitMinor === limitMinor && String(alert.threshold) === String(threshold),
      ).length > 1;
    const open = same.some(({ state }) => state === 'unknown');
    const shown = [...report.unknown, ...report.failed].some((entry) => entry.limitMinor === limitMinor);
    if (same.length === 0 && !shown && !twice) violations.push(`lost: ${category}, ${period}, ${threshold}`);
    if (open && !shown) violations.push(`unknown, and not shown: ${category}, ${period}, ${threshold}`);
  }

  const found = history.filter(({ reason }) => reason === 'found at Twilio').length;
  const unknown = history.filter(({ state }) => state === 'unknown').length;
  return { violations, texts: inbox.length, unknowns: found + unknown, settledByLookUp: found };
}

interface ReadText {
  readonly budget: HomeBudget;
  readonly spentMinor: number;
  readonly threshold: number | string | undefined;
}

/** A text whose mark, figures and percent agree with each other. */
function readText(body: string, budgets: readonly HomeBudget[]): ReadText | undefined {
  const parts = /^\[(!!|!|OK)\] SpendWise: (.+)\nCHF (\d+(?:\.\d\d)?)\/(\d+(?:\.\d\d)?) \((\d+)%\)$/.exec(
    body,
  );
  if (parts === null) return undefined;
  const [, mark, category, spent, limit, percent] = parts;
  const [spentMinor, limitMinor] = [spent, limit].map((amount) => Math.round(Number(amount) * 100)) as [
    number,
    number,
  ];
  const budget = budgets.find((each) => each.category === category && each.limitMinor === limitMinor);
  const share = (spentMinor * 100) / limitMinor;
  const rightMark = share >= 100 ? '!!' : share >= 80 ? '!' : 'OK';
  const rounded = Math.round(share);
  const rightPercent = rounded === 100 && share < 100 ? 99 : rounded;
  if (budget === undefined || mark !== rightMark || Number(percent) !== rightPercent) return undefined;
  return { budget, spentMinor, threshold: thresholdOf(spentMinor, limitMinor) };
}

/** By default 50, 80 and 100 %, and more than all of it; the highest that was reached. */
function thresholdOf(spentMinor: number, limitMinor: number): number | 'over' | undefined {
  if (spentMinor > limitMinor) return 'over';
  return [100, 80, 50].find((percent) => spentMinor * 100 >= limitMinor * percent);
}

const hasReached = (spentMinor: number, limitMinor: number, threshold: ReadText['threshold']): boolean =>
  threshold === undefined || rank(thresholdOf(spentMinor, limitMinor) ?? 0) >= rank(threshold);

const isSent = ({ state }: HistoryEntry): boolean => state === 'sent' || state === 'delivered';

const rank = (threshold: number | string): number => (threshold === 'over' ? 101 : Number(threshold));
