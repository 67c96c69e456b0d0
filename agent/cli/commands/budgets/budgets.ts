import { jsonLine } from '@spendwise/sandbox/json-line';
import { err, out } from '@spendwise/sandbox/screen';
import { ours, type Shown, shown } from '@spendwise/sandbox/shown';
import { themeFor } from '@spendwise/sandbox/theme';
import { type Budget, budgets, removeBudget, setBudget } from '../../../spending/household/budgets.ts';
import { formatMoney } from '../../../spending/money.ts';
import type { PeriodKind } from '../../../spending/periods.ts';
import { changeOwn, readOwn } from '../../own-database.ts';
import { table } from '../../terminal/table.ts';

interface Flags {
  readonly json: boolean;
}

export function budgetsList({ json }: Flags): void {
  const all = readOwn(budgets);
  if (json) return void out.line(jsonLine({ budgets: all }));
  if (all.length === 0) err.line(ours`no budgets yet; \`spendwise budgets set\` adds one`);
  out.line(
    ...table(
      [{ title: ours`Category`, least: 12 }, { title: ours`Limit`, align: 'right' }, { title: ours`Period` }],
      all.map(({ category, limitMinor, currency, period }) => [
        shown(category),
        shown(formatMoney(limitMinor, currency)),
        shown(period),
      ]),
      themeFor(process.stdout),
      out.columns,
    ),
  );
}

export function budgetsSet(
  category: string,
  amount: string,
  { json, ...wish }: Flags & { period: PeriodKind; currency?: string },
): void {
  const { now, beforeMinor } = changeOwn((db) => setBudget(db, { ...wish, category, amount }));
  const was =
    beforeMinor === undefined ? ours`` : ours` (was ${shown(formatMoney(beforeMinor, now.currency))})`;
  out.line(
    json ? jsonLine({ budget: now, beforeMinor: beforeMinor ?? null }) : ours`${described(now)}${was}`,
  );
}

export function budgetsRemove(
  category: string,
  { json, ...which }: Flags & { period?: PeriodKind; currency?: string },
): void {
  const removed = changeOwn((db) => removeBudget(db, { ...which, category }));
  out.line(json ? jsonLine({ removed }) : ours`Removed: ${described(removed)}`);
}

const described = ({ category, limitMinor, currency, period }: Budget): Shown =>
  ours`${shown(category)}: ${shown(formatMoney(limitMinor, currency))} a ${shown(period)}`;
