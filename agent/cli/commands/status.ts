import { jsonLine } from '@spendwise/sandbox/json-line';
import { out } from '@spendwise/sandbox/screen';
import { ours, shown } from '@spendwise/sandbox/shown';
import { themeFor } from '@spendwise/sandbox/theme';
import { timeZoneOf } from '../../spending/database.ts';
import { forecastMinor } from '../../spending/forecast.ts';
import { today } from '../../spending/periods.ts';
import { budgetStatuses, otherCurrencies } from '../../spending/status.ts';
import { readOwn } from '../own-database.ts';
import { budgetBars } from '../terminal/bars.ts';

export function status(options: { asOf?: Temporal.PlainDate; json: boolean }): void {
  const { day, budgets } = readOwn((db) => {
    const day = options.asOf ?? today(timeZoneOf(db));
    const budgets = budgetStatuses(db, day).map((status) => ({
      ...status,
      forecastMinor: forecastMinor(status, day) ?? null,
      otherCurrencies: otherCurrencies(db, status, day),
    }));
    return { day, budgets };
  });
  const lines = options.json
    ? [jsonLine({ asOf: day.toString(), budgets })]
    : [
        ours`Budgets on ${shown(day.toString())}`,
        ours``,
        ...budgetBars(budgets, themeFor(process.stdout), out.columns),
      ];
  out.line(...lines);
}
