import { SpendwiseError } from '@spendwise/sandbox/errors';
import { jsonLine } from '@spendwise/sandbox/json-line';
import { out } from '@spendwise/sandbox/screen';
import { ours, padded, type Shown, shown } from '@spendwise/sandbox/shown';
import { themeFor } from '@spendwise/sandbox/theme';
import { scheduledBy } from '../../alerts/scheduled.ts';
import { databasePath, type Environment, loadEnvironment, variable } from '../../settings/environment.ts';
import { modelAccount } from '../../settings/model-account.ts';
import { smsAccount, TWILIO_VARIABLES } from '../../settings/sms-account.ts';
import { readDatabase, readSetting, type SpendingDatabase, timeZoneOf } from '../../spending/database.ts';
import { DatabaseMissing } from '../../spending/database-unusable.ts';
import { today } from '../../spending/periods.ts';
import { budgetStatuses } from '../../spending/status.ts';
import { ownDatabase } from '../own-database.ts';

/** `spendwise` alone: what is there, and what comes next. */
export async function overview({ json }: { json: boolean }): Promise<void> {
  const environment = loadEnvironment();
  const database = data(environment);
  const texts = tried(() => (smsAccount(environment).kind === 'live' ? 'ready' : 'ready, to a stand-in'));
  const none = TWILIO_VARIABLES.every((name) => variable(environment, name) === undefined);
  const model = tried(() => modelAccount(environment)?.model ?? 'not set up (for `spendwise agent`)');
  const scheduled = (await scheduledBy()) ?? null;
  const next = nextStep(database, texts.ok, scheduled !== null);
  if (json) {
    out.line(jsonLine({ database, texts, model, scheduled, next }));
    return;
  }
  const theme = themeFor(process.stdout);
  const title = (name: Shown) => (theme.plain ? ours`${name}:` : padded(name, 9));
  const row = (name: string, text: string): Shown => ours`${title(shown(name))} ${shown(text, 200)}`;
  out.line(
    ...(database.state === 'ready'
      ? [
          row('database', database.path),
          row('budgets', `${database.budgets}, ${database.hot} hot`),
          row(
            'data',
            database.last === null ? 'no transactions yet' : `to ${database.last}${imported(database)}`,
          ),
        ]
      : [row('database', database.problem)]),
    row('texts', none ? 'not set up' : texts.detail),
    row('model', model.detail),
    row('alerts', scheduled === null ? 'not in your crontab or systemd timers' : `scheduled by ${scheduled}`),
    ours`${theme.bold(title(ours`next`))} ${shown(next)}`,
  );
}

type Data =
  | {
      readonly state: 'missing' | 'unusable';
      readonly path: string;
      readonly problem: string;
      readonly hint: string;
    }
  | {
      readonly state: 'ready';
      readonly path: string;
      readonly currency: string | null;
      readonly timeZone: string;
      readonly budgets: number;
      /** From 80 % of the limit. */
      readonly hot: number;
      /** The days of the last transaction and of the last import. */
      readonly last: string | null;
      readonly imported: string | null;
    };

function data(environment: Environment): Data {
  const path = databasePath(environment);
  try {
    return { state: 'ready', path, ...readDatabase(ownDatabase(environment), figures) };
  } catch (error) {
    if (!(error instanceof SpendwiseError)) throw error;
    const { message, hint } = error;
    if (error instanceof DatabaseMissing)
      return { state: 'missing', path, problem: `not there yet: ${path}`, hint };
    return { state: 'unusable', path, problem: message, hint };
  }
}

function figures(db: SpendingDatabase) {
  const timeZone = timeZoneOf(db);
  const budgets = budgetStatuses(db, today(timeZone));
  const latest = (sql: string) => db.prepare<[], string | null>(sql).pluck().get() ?? null;
  return {
    currency: readSetting(db, 'currency') ?? null,
    timeZone,
    budgets: budgets.length,
    hot: budgets.filter(({ state }) => state !== 'ok').length,
    // By the index: a count would read everything.
    last: latest('SELECT max(date) FROM transactions'),
    imported: latest('SELECT max(imported_at) FROM imports'),
  };
}

const imported = ({ imported }: { imported: string | null }): string =>
  imported === null ? '' : `, imported ${imported.slice(0, 10)}`;

interface Finding {
  readonly ok: boolean;
  readonly detail: string;
}

function tried(look: () => string): Finding {
  try {
    return { ok: true, detail: look() };
  } catch (error) {
    if (!(error instanceof SpendwiseError)) throw error;
    return { ok: false, detail: error.message };
  }
}

function nextStep(database: Data, texts: boolean, scheduled: boolean): string {
  if (database.state !== 'ready') return database.state === 'missing' ? 'spendwise init' : database.hint;
  if (database.last === null) return 'spendwise import FILE';
  if (database.budgets === 0) return 'spendwise budgets set CATEGORY AMOUNT';
  if (!texts) return 'spendwise init (for the keys of Twilio)';
  return scheduled ? 'spendwise status' : 'spendwise alert by cron (see the guide)';
}
