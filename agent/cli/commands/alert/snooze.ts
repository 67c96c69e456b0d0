import { UsageError } from '@spendwise/sandbox/errors';
import { err, out } from '@spendwise/sandbox/screen';
import { ours, shown } from '@spendwise/sandbox/shown';
import { inZone } from '../../../alerts/format-time.ts';
import { Ledger } from '../../../alerts/ledger/ledger.ts';
import { loadEnvironment, stateDir } from '../../../settings/environment.ts';
import { readDatabase, timeZoneOf } from '../../../spending/database.ts';
import { named } from '../../../spending/household/names.ts';
import { today } from '../../../spending/periods.ts';
import { budgetStatuses } from '../../../spending/status.ts';
import { ownDatabase } from '../../own-database.ts';

export interface SnoozeFlags {
  readonly all: boolean;
  readonly days?: number;
  readonly until?: Temporal.PlainDate;
  readonly clear: boolean;
}

/** `spendwise alert snooze [CATEGORY]`: holds alerts back until a day, by default until the budget's period ends. */
export function alertSnooze(name: string | undefined, flags: SnoozeFlags): void {
  const environment = loadEnvironment();
  const database = ownDatabase(environment);
  const { zone, day, budgets } = readDatabase(database, (db) => {
    const zone = timeZoneOf(db);
    return { zone, day: today(zone), budgets: budgetStatuses(db, today(zone)) };
  });
  const say = (text: string) => out.line(shown(text));
  if (name === undefined && !flags.all) {
    if (flags.clear || flags.days !== undefined || flags.until !== undefined)
      throw new UsageError('no budget was named', 'spendwise alert snooze CATEGORY, or --all');
    const ledger = Ledger.openIfThere(stateDir(environment));
    const snoozes = ledger?.snoozes(database) ?? [];
    ledger?.close();
    if (snoozes.length === 0) err.line(ours`nothing is snoozed`);
    for (const snooze of snoozes)
      out.line(ours`${shown(snooze.category ?? 'all budgets')}  until ${shown(inZone(snooze.until, zone))}`);
    return;
  }
  if (name !== undefined && flags.all)
    throw new UsageError('a category and --all cannot be combined', 'give one of them');
  const names = [...new Set(budgets.map(({ category }) => category))];
  const category =
    name === undefined
      ? undefined
      : named(
          names.map((one) => ({ name: one })),
          name,
          'budget',
        ).name;
  const own = budgets.filter((budget) => budget.category === category);
  // With several periods, the shortest. A longer snooze needs a flag.
  const firstEnd = own.map(({ periodEnd }) => periodEnd).sort()[0];
  const until = flags.clear ? undefined : endOf(flags, firstEnd, day).toZonedDateTime(zone).epochMilliseconds;
  if (until !== undefined && until <= Date.now())
    throw new UsageError('that day has already started', 'give a later one, such as --days 2');
  const ledger = Ledger.open(stateDir(environment));
  ledger.snooze(database, category, until === undefined ? undefined : new Date(until));
  const chosen = category === undefined ? names : [category];
  const lines = holdsNow(ledger, database, chosen, zone, flags.all);
  ledger.close();
  // One line if all budgets have the same state.
  const [first, ...others] = new Set(lines.map(({ hold }) => hold));
  if (flags.all && others.length === 0) say(`all budgets: ${first ?? 'there are none'}`);
  else for (const { name, hold } of lines) say(`${name}: ${hold}`);
}

function holdsNow(
  ledger: Ledger,
  database: string,
  categories: readonly string[],
  zone: string,
  all: boolean,
) {
  const snoozes = ledger.snoozes(database);
  const until = (name: string | undefined) =>
    snoozes.find(({ category }) => category === name)?.until.getTime() ?? 0;
  return categories.map((name) => {
    const longest = Math.max(until(name), until(undefined));
    if (longest === 0) return { name, hold: 'alerts go out again' };
    const byAll = until(undefined) > until(name);
    const why = byAll === all ? '' : byAll ? '; all budgets are snoozed until then' : '; by its own snooze';
    const ownWord = all && until(name) === until(undefined) ? '' : why;
    return { name, hold: `no alerts until ${inZone(new Date(longest), zone)}${ownWord}` };
  });
}

function endOf({ days, until }: SnoozeFlags, periodEnd: string | undefined, day: Temporal.PlainDate) {
  if (days !== undefined && until !== undefined)
    throw new UsageError('--days and --until cannot be combined', 'give one of them');
  if (until !== undefined) return until;
  if (days !== undefined) return day.add({ days });
  if (periodEnd !== undefined) return Temporal.PlainDate.from(periodEnd);
  throw new UsageError('the end is missing', 'with --all, give --days N or --until DATE');
}
