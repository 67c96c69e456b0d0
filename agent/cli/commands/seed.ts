import { NotConfigured } from '@spendwise/sandbox/errors';
import { jsonLine } from '@spendwise/sandbox/json-line';
import { out } from '@spendwise/sandbox/screen';
import { counted, ours, shown } from '@spendwise/sandbox/shown';
import { loadEnvironment, variable } from '../../settings/environment.ts';
import { timeZoneNamed, today as todayIn } from '../../spending/periods.ts';
import { originalScenario } from '../../spending/seed/original.ts';
import { writeSeed } from '../../spending/seed/write.ts';
import { yearScenario } from '../../spending/seed/year.ts';
import { ownDatabase } from '../own-database.ts';

export interface SeedOptions {
  readonly scenario: 'original' | 'year';
  readonly today?: Temporal.PlainDate;
  readonly randomSeed: number;
  readonly json: boolean;
}

export function seed(options: SeedOptions): void {
  const environment = loadEnvironment();
  const timeZone = configuredTimeZone(variable(environment, 'SPENDWISE_TIME_ZONE'));
  const path = ownDatabase(environment);
  const day = options.today ?? todayIn(timeZone);
  const { scenario: name } = options;
  const scenario = name === 'original' ? originalScenario(day) : yearScenario(day, options.randomSeed);
  const counts = writeSeed(path, scenario, timeZone);
  out.line(
    options.json
      ? jsonLine({ database: path, scenario: name, today: day.toString(), timeZone, ...counts })
      : ours`Wrote ${counted(counts.transactions, 'transaction')} and ${counted(counts.budgets, 'budget')} (scenario ${shown(name)}) to ${shown(path)}`,
  );
}

function configuredTimeZone(name: string | undefined): string {
  const zone = timeZoneNamed(name ?? Temporal.Now.timeZoneId());
  if (zone !== undefined) return zone;
  throw new NotConfigured(`SPENDWISE_TIME_ZONE: there is no time zone "${name}"`, 'such as Europe/Zurich');
}
