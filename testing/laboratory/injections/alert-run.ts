import { type AlertReport, alertRows, emptyReport, sortOut } from '../../../agent/alerts/alert-run.ts';
import { AlertSender } from '../../../agent/alerts/alert-sender.ts';
import { allAlerts, observe } from '../../../agent/alerts/budget-alerts.ts';
import { Ledger } from '../../../agent/alerts/ledger/ledger.ts';
import { alertSettings } from '../../../agent/alerts/settings.ts';
import {
  type ServerOptions,
  type StartedServer,
  startServers,
  stopServers,
} from '../../../agent/app/sandboxed-servers.ts';
import { AuditLog } from '../../../agent/sandbox/audit/audit-log.ts';
import type { Environment } from '../../../agent/settings/environment.ts';
import type { SmsAccount } from '../../../agent/settings/sms-account.ts';
import { twilioDiversions } from '../../../agent/settings/twilio-diversions.ts';
import { Toolbox } from '../../../agent/tools/toolbox.ts';
import { MORE_TEXTS, smsServer } from './cast.ts';

export interface AlertRunOptions extends Omit<ServerOptions, 'audit' | 'env' | 'diversions'> {
  readonly environment: Environment;
  readonly stateDir: string;
  readonly signal: AbortSignal;
  readonly database: string;
  readonly today: Temporal.PlainDate;
  readonly sms: SmsAccount;
}

/**
 * What `spendwise alert` does, by the same code, with an SMS server of its own and no model. That server is started once
 * it is needed, and serves several runs; its process is all that a run of the command would have anew.
 */
export class AlertRun {
  readonly #options: AlertRunOptions;
  #audit: AuditLog | undefined;
  #servers: readonly StartedServer[] = [];

  constructor(options: AlertRunOptions) {
    this.#options = options;
  }

  async run(): Promise<AlertReport> {
    const { database, today, stateDir, sms, signal } = this.#options;
    const [ledger, report] = [Ledger.open(stateDir), emptyReport()];
    try {
      ledger.recover();
      const options = { database, ledger, settings: alertSettings({}), today };
      observe(options);
      const due = allAlerts(options).some(({ alert }) => alert.state === 'due');
      if (!due && ledger.unknown().length === 0) {
        sortOut(allAlerts(options), alertRows(ledger, database), report);
        return report;
      }
      const sender = new AlertSender({ ...options, sms, toolbox: await this.#toolbox() });
      await sender.run(report, signal, () => {});
      return report;
    } finally {
      ledger.close();
    }
  }

  async close(): Promise<void> {
    await stopServers(this.#servers);
    this.#audit?.close();
  }

  async #toolbox(): Promise<Toolbox> {
    this.#audit ??= AuditLog.ofNewRun(this.#options.stateDir);
    const { environment } = this.#options;
    if (this.#servers.length === 0)
      this.#servers = await startServers([smsServer(MORE_TEXTS)], {
        ...this.#options,
        env: environment,
        diversions: twilioDiversions(environment),
        audit: this.#audit,
      });
    return Toolbox.of(this.#servers.flatMap(({ connected }) => connected ?? []));
  }
}
