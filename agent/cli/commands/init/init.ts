import { UsageError } from '@spendwise/sandbox/errors';
import { interruptSignal } from '@spendwise/sandbox/interrupt';
import { jsonLine } from '@spendwise/sandbox/json-line';
import { out } from '@spendwise/sandbox/screen';
import { ours, shown } from '@spendwise/sandbox/shown';
import { loadEnvironment, variable } from '../../../settings/environment.ts';
import { readDatabase } from '../../../spending/database.ts';
import { DatabaseMissing } from '../../../spending/database-unusable.ts';
import { typedCurrency } from '../../../spending/household/amount.ts';
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
  const made = household && { household, counts: createDatabase(path, household) };
  const settings = ask && (await askKeys(ask, process.cwd(), environment));
  const next = 'spendwise import FILE';
  if (flags.json) {
    const { currency = null, timeZone = null } = made?.household ?? {};
    const counts = { categories: 0, budgets: 0, ...made?.counts };
    out.line(
      jsonLine({
        database: path,
        made: made !== undefined,
        currency,
        timeZone,
        ...counts,
        settings: settings ?? null,
        next,
      }),
    );
    return;
  }
  if (made)
    out.line(
      ours`Made ${shown(path)}: ${shown(made.household.currency)}, ${shown(made.household.timeZone)}, ${made.counts.categories} categories, ${made.counts.budgets} budgets`,
    );
  if (settings !== undefined) out.line(ours`Wrote ${shown(settings)}, which only you can read`);
  out.line(ours`Next: ${shown(next)}`);
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
  return {
    currency,
    timeZone,
    categories: flags.category ?? FIRST_CATEGORIES,
    budgets: (flags.budget ?? []).map((text) => typedBudget(text, currency)),
  };
}
