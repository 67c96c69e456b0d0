import { jsonLine } from '@spendwise/sandbox/json-line';
import { out } from '@spendwise/sandbox/screen';
import { ours, shown } from '@spendwise/sandbox/shown';
import { themeFor } from '@spendwise/sandbox/theme';
import { loadEnvironment } from '../../settings/environment.ts';
import { readDatabase, timeZoneOf } from '../../spending/database.ts';
import { today } from '../../spending/periods.ts';
import { budgetStatuses } from '../../spending/status.ts';
import { ownDatabase } from '../own-database.ts';
import { budgetBars } from '../terminal/bars.ts';

export function status(options: { asOf?: Temporal.PlainDate; json: boolean }): void {
  const { day, budgets } = readDatabase(ownDatabase(loadEnvironment()), (db) => {
    const day = options.asOf ?? today(timeZoneOf(db));
    return { day, budgets: budgetStatuses(db, day) };
  });
  const lines = options.json
    ? [jsonLine({ asOf: day.toString(), budgets })]
    : [ours`Budgets on ${shown(day.toString())}`, ours``, ...budgetBars(budgets, themeFor(process.stdout))];
  out.line(...lines);
}
