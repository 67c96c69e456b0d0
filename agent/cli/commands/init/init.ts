import { UsageError } from '@spendwise/sandbox/errors';
import { interruptSignal } from '@spendwise/sandbox/interrupt';
import { jsonLine } from '@spendwise/sandbox/json-line';
import { out } from '@spendwise/sandbox/screen';
import { counted, ours, type Shown, shown } from '@spendwise/sandbox/shown';
import { loadEnvironment, variable } from '../../../settings/environment.ts';
import { readDatabase } from '../../../spending/database.ts';
import { DatabaseMissing } from '../../../spending/database-unusable.ts';
import { typedCurrency } from '../../../spending/household/amount.ts';
import type { BudgetWish } from '../../../spending/household/budgets.ts';
import {
  createDatabase,
  FIRST_CATEGORIES,
  type Household,
  typedBudget,
} from '../../../spending/household/new-database.ts';
import { timeZoneNamed } from '../../../spending/periods.ts';
import { ownDatabase } from '../../own-database.ts';
import { openHost } from '../../terminal/host.ts';
import { askHousehold, askOn } from './household.ts';
import { askKeys } from './keys.ts';

export interface InitFlags {
  readonly currency?: string;
  readonly timeZone?: string;
  readonly category?: readonly string[];
  readonly budget?: readonly string[];
  readonly json: boolean;
}

/**
 * `spendwise init`: makes the database and, on a terminal, asks for the keys. With a currency it asks nothing. An existing
 * database stays as it is.
 */
export async function init(flags: InitFlags): Promise<void> {
  const signal = interruptSignal();
  const host = openHost(signal);
  const environment = loadEnvironment();
  const ask = flags.currency === undefined && host.ui ? askOn(host.ui, host.say, signal) : undefined;
  if (flags.currency === undefined && ask === undefined)
    throw new UsageError(
      'the currency is missing, and there is no terminal to ask on',
      'give it: `spendwise init --currency CHF --time-zone Europe/Zurich`',
    );
  const path = ownDatabase(environment);
  const zone = flags.timeZone ?? variable(environment, 'SPENDWISE_TIME_ZONE');
  const kept = ask !== undefined && isThere(path);
  if (kept) host.say(ours`${shown(path)} is there already, and stays as it is.`);
  const household = kept ? undefined : ask ? await askHousehold(ask, zone) : fromFlags(flags, zone);
  const made = household && { household, ...createDatabase(path, household) };
  const say = (line: Shown) => flags.json || out.line(line);
  if (made)
    say(
      ours`Made ${shown(path)}: ${shown(made.household.currency)}, ${shown(made.household.timeZone)}, ${made.categories} categories, ${counted(made.budgets, 'budget')}`,
    );
  const settings = ask && (await askKeys(ask, process.cwd(), environment));
  if (settings !== undefined) say(ours`Wrote ${shown(settings)}, which only you can read`);
  const next = 'spendwise import FILE';
  say(ours`Next: ${shown(next)}`);
  if (!flags.json) return;
  const { currency = null, timeZone = null } = household ?? {};
  const { categories = 0, budgets = 0 } = made ?? {};
  out.line(
    jsonLine({
      database: path,
      made: made !== undefined,
      currency,
      timeZone,
      categories,
      budgets,
      settings: settings ?? null,
      next,
    }),
  );
}

function isThere(path: string): boolean {
  try {
    readDatabase(path, () => {});
    return true;
  } catch (error) {
    if (error instanceof DatabaseMissing) return false;
    throw error;
  }
}

function fromFlags(flags: InitFlags, zone = Temporal.Now.timeZoneId()): Household {
  const currency = typedCurrency(flags.currency ?? '');
  const timeZone = timeZoneNamed(zone);
  if (timeZone === undefined)
    throw new UsageError(`there is no time zone "${zone}"`, 'such as Europe/Zurich');
  const budgets: BudgetWish[] = [];
  for (const text of flags.budget ?? []) budgets.push(typedBudget(text, currency, budgets));
  return {
    currency,
    timeZone,
    categories: flags.category ?? FIRST_CATEGORIES,
    budgets,
  };
}
