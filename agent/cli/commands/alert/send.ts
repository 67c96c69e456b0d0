import { AuditLog } from '@spendwise/sandbox/audit';
import { EXIT, Interrupted, SpendwiseError } from '@spendwise/sandbox/errors';
import { plainText } from '@spendwise/sandbox/foundation';
import { interruptSignal } from '@spendwise/sandbox/interrupt';
import { jsonLine } from '@spendwise/sandbox/json-line';
import { pickRuntime, type SessionFlags, sayIfNotSandboxed } from '@spendwise/sandbox/pick-runtime';
import { out } from '@spendwise/sandbox/screen';
import type { Shown } from '@spendwise/sandbox/shown';
import { themeFor } from '@spendwise/sandbox/theme';
import {
  type AlertEntry,
  type AlertReport,
  alertRows,
  emptyReport,
  entryOf,
  failAll,
  sortOut,
} from '../../../alerts/alert-run.ts';
import { AlertSender } from '../../../alerts/alert-sender.ts';
import { allAlerts, observe } from '../../../alerts/budget-alerts.ts';
import { Ledger } from '../../../alerts/ledger/ledger.ts';
import { type AlertSettings, alertSettings } from '../../../alerts/settings.ts';
import { SMS_MANIFEST, smsServerWanted } from '../../../app/own-servers.ts';
import { startServers, stopServers } from '../../../app/sandboxed-servers.ts';
import { type Environment, loadEnvironment, stateDir } from '../../../settings/environment.ts';
import { isClone } from '../../../settings/installation.ts';
import { smsAccount } from '../../../settings/sms-account.ts';
import { twilioDiversions } from '../../../settings/twilio-diversions.ts';
import { Toolbox } from '../../../tools/toolbox.ts';
import { consentOptions, sayIfDiverted } from '../../open-session.ts';
import { ownDatabase } from '../../own-database.ts';
import { sandboxHost } from '../../sandbox-host.ts';
import { alertTable } from '../../terminal/alert-table.ts';
import { type Host, openHost } from '../../terminal/host.ts';

export interface AlertFlags extends SessionFlags {
  readonly dryRun: boolean;
  readonly json: boolean;
  readonly quiet: boolean;
}

/**
 * `spendwise alert`: sends what is due, each threshold once a period, without a model. Exit code 1 if any text is not
 * settled or did not arrive.
 */
export async function alert(flags: AlertFlags): Promise<void> {
  const environment = loadEnvironment();
  const settings = alertSettings(environment);
  const report = emptyReport();
  const print = (more: { toSend?: AlertEntry[]; error?: Explained } = {}) =>
    out.line(...rendered(report, { ...flags, ...more }));
  if (flags.dryRun) {
    print({ toSend: lookOnly(environment, settings, report) });
    return;
  }
  const signal = interruptSignal();
  const host = openHost(signal);
  // Checked first: an incomplete account is reported now, not on the day an alert is due.
  const sms = smsAccount(environment);
  let ledger: Ledger | undefined;
  try {
    ledger = Ledger.open(stateDir(environment));
    ledger.recover();
    await run({ environment, settings, sms, ledger, flags, host, signal }, report);
    print();
  } catch (error) {
    // Report what was sent before the failure.
    if (error instanceof SpendwiseError) print({ error });
    throw error;
  } finally {
    ledger?.close();
  }
  if (report.failed.length + report.unknown.length + report.undelivered.length > 0)
    process.exitCode = EXIT.failed;
}

interface Run {
  readonly environment: Environment;
  readonly settings: AlertSettings;
  readonly sms: ReturnType<typeof smsAccount>;
  readonly ledger: Ledger;
  readonly flags: AlertFlags;
  readonly host: Host;
  readonly signal: AbortSignal;
}

async function run(run: Run, report: AlertReport) {
  const { environment, settings, ledger, host } = run;
  const database = ownDatabase(environment);
  const options = { database, ledger, settings, today: undefined };
  observe(options);
  const alerts = allAlerts(options);
  const look = () => sortOut(alerts, alertRows(ledger, database), report);
  const toSend = alerts.some(({ alert }) => alert.state === 'due');
  const idle = !toSend && ledger.unknown().length === 0;
  // With nothing to do, no server starts: a frequent cron job only reads the database.
  if (idle && ledger.toFollow().length === 0) return void look();
  try {
    await send(run, report);
  } catch (error) {
    // The full message and its hint are printed at the end.
    const [reason = ''] = (error instanceof Error ? error.message : String(error)).split(/:?\n/);
    // The run failed early: what is due was not sent, and stays due.
    if (Object.values(report).every((list) => list.length === 0)) failAll(look(), reason, report);
    // Nobody waits for it: the next run asks again.
    if (!idle || !(error instanceof SpendwiseError) || error instanceof Interrupted) throw error;
    host.warn(`whether earlier texts arrived could not be looked up: ${reason}`);
  }
}

async function send({ environment, settings, sms, ledger, flags, host, signal }: Run, report: AlertReport) {
  const database = ownDatabase(environment);
  // A line on stderr would become a mail from cron.
  const busy = flags.quiet ? undefined : host.busy;
  const told = { mention: host.mention, ...(busy ? { busy } : {}) };
  const runtime = await pickRuntime(flags, environment, told, sandboxHost);
  sayIfDiverted(sms, host);
  sayIfNotSandboxed(runtime, host.err, host.say);
  const audit = AuditLog.ofNewRun(stateDir(environment), environment);
  try {
    const servers = await startServers([smsServerWanted()], {
      env: environment,
      diversions: twilioDiversions(environment),
      runtime,
      consent: { ...consentOptions(flags, host, environment), howToGrant: HOW_TO_GRANT },
      audit,
      signal,
      notice: host.warn,
      busy,
    });
    try {
      const toolbox = Toolbox.of(servers.flatMap(({ connected }) => connected ?? []));
      const sender = new AlertSender({ database, ledger, settings, today: undefined, sms, toolbox });
      const sending = sender.run(report, signal, host.warn);
      busy?.('waiting for Twilio', sending);
      await sending;
    } finally {
      await stopServers(servers);
    }
  } finally {
    audit.close();
  }
}

const said = (error: Explained | undefined) =>
  error && { error: { message: plainText(error.message), hint: plainText(error.hint) } };

const GRANT = isClone
  ? 'npx --no -- spendwise sandbox grant mcp-server-sms/sandbox.json'
  : `spendwise sandbox grant ${SMS_MANIFEST}`;
const HOW_TO_GRANT = `answer once in a terminal: \`${GRANT}\`; or pass --yes, for this run`;

/** `--dry-run`: writes and starts nothing, needs no account. Returns what a run would send. */
function lookOnly(environment: Environment, settings: AlertSettings, report: AlertReport): AlertEntry[] {
  const database = ownDatabase(environment);
  const ledger = Ledger.openIfThere(stateDir(environment));
  try {
    const budgets = allAlerts({ database, ledger, settings, today: undefined });
    const rows = ledger ? alertRows(ledger, database) : { current: [], open: [] };
    return sortOut(budgets, rows, report).map((budget) => entryOf(budget));
  } finally {
    ledger?.close();
  }
}

type Explained = Pick<SpendwiseError, 'message' | 'hint'>;

const rendered = (
  report: AlertReport,
  flags: AlertFlags & { toSend?: AlertEntry[]; error?: Explained },
): Shown[] =>
  flags.json
    ? [jsonLine({ ...report, ...said(flags.error) })]
    : alertTable(report, flags, themeFor(process.stdout), out.columns);
