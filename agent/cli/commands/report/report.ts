import { jsonLine } from '@spendwise/sandbox/json-line';
import { out } from '@spendwise/sandbox/screen';
import { ours, shown } from '@spendwise/sandbox/shown';
import { themeFor } from '@spendwise/sandbox/theme';
import { working } from '@spendwise/sandbox/working';
import { allAlerts } from '../../../alerts/budget-alerts.ts';
import { Ledger } from '../../../alerts/ledger/ledger.ts';
import { pastAlerts, waitingAlerts } from '../../../alerts/past-alerts.ts';
import { alertSettings } from '../../../alerts/settings.ts';
import type { Report } from '../../../pages/report/report.ts';
import { loadEnvironment, stateDir } from '../../../settings/environment.ts';
import { readDatabase, timeZoneOf } from '../../../spending/database.ts';
import { today } from '../../../spending/periods.ts';
import { spendingReport } from '../../../spending/report/report.ts';
import { ownDatabase } from '../../own-database.ts';
import { reportLines } from './lines.ts';

export interface ReportFlags {
  readonly asOf?: Temporal.PlainDate;
  /** True: into the state folder. */
  readonly html?: string | true;
  readonly json: boolean;
}

export async function report({ asOf, html, json }: ReportFlags): Promise<void> {
  const figures = reportOn(asOf);
  const page = html === undefined ? undefined : await working(ours`making the page`, write(figures, html));
  if (json) return void out.line(jsonLine({ ...figures, ...(page === undefined ? {} : { page }) }));
  if (page !== undefined) return void out.line(ours`${shown(page)}`);
  out.line(...reportLines(figures, themeFor(process.stdout), out.columns));
}

function reportOn(asOf: Temporal.PlainDate | undefined): Report {
  const environment = loadEnvironment();
  const settings = alertSettings(environment);
  const database = ownDatabase(environment);
  const figures = readDatabase(database, (db) =>
    db.transaction(() => spendingReport(db, asOf ?? today(timeZoneOf(db))))(),
  );
  const ledger = Ledger.openIfThere(stateDir(environment));
  try {
    const from = `${figures.months[0]}-01`;
    return {
      ...figures,
      alerts: ledger === undefined ? [] : pastAlerts(ledger, database, from, figures.asOf),
      waiting:
        asOf === undefined ? waitingAlerts(allAlerts({ database, ledger, settings, today: undefined })) : [],
    };
  } finally {
    ledger?.close();
  }
}

/** Returns the path of the page. */
async function write(figures: Report, file: string | true): Promise<string> {
  const [{ reportPage }, { keepPage, writePage }] = await Promise.all([
    import('../../../pages/report/page.ts'),
    import('../../../pages/write.ts'),
  ]);
  const made = reportPage(figures);
  return file === true
    ? keepPage(stateDir(loadEnvironment()), `report-${figures.asOf}`, made)
    : writePage(file, made);
}
