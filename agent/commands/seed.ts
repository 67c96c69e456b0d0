import { databasePath, loadEnvironment, variable } from '../environment.ts';
import { NotConfigured } from '../errors.ts';
import { today as todayIn } from '../spending/periods.ts';
import { originalScenario } from '../spending/seed/original.ts';
import { writeSeed } from '../spending/seed/write.ts';
import { yearScenario } from '../spending/seed/year.ts';

export interface SeedOptions {
  readonly scenario: 'original' | 'year';
  readonly today?: Temporal.PlainDate;
  readonly randomSeed: number;
  readonly json: boolean;
}

/** `spendwise seed`: demo data into the spending database, never over data of the person's own. */
export function seed(options: SeedOptions): void {
  const environment = loadEnvironment();
  const timeZone = configuredTimeZone(variable(environment, 'SPENDWISE_TIME_ZONE'));
  const path = databasePath(environment);
  const day = options.today ?? todayIn(timeZone);
  const { scenario: name } = options;
  const scenario = name === 'original' ? originalScenario(day) : yearScenario(day, options.randomSeed);
  const counts = writeSeed(path, scenario, timeZone);
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ database: path, scenario: name, today: day.toString(), timeZone, ...counts })}\n`
      : `Wrote ${counts.transactions} transactions and ${counts.budgets} budgets (scenario ${name}) to ${path}\n`,
  );
}

function configuredTimeZone(name: string | undefined): string {
  if (name === undefined) return Temporal.Now.timeZoneId();
  try {
    return Temporal.Now.zonedDateTimeISO(name).timeZoneId;
  } catch (error) {
    throw new NotConfigured(
      `SPENDWISE_TIME_ZONE: there is no time zone "${name}"`,
      'such as Europe/Zurich',
      error,
    );
  }
}
