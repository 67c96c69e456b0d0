import { statSync } from 'node:fs';
import { basename } from 'node:path';
import type { RunningServer, Runtime } from '@spendwise/sandbox';
import { AuditLog } from '@spendwise/sandbox/audit';
import type { ConsentOptions } from '@spendwise/sandbox/consent';
import { Failed } from '@spendwise/sandbox/errors';
import { quoted } from '@spendwise/sandbox/shown';
import { AlertSender } from '../alerts/alert-sender.ts';
import { type BudgetAlert, figuresOf } from '../alerts/budget-alerts.ts';
import { Ledger } from '../alerts/ledger/ledger.ts';
import type { IntentRow } from '../alerts/ledger/row.ts';
import type { AlertSettings } from '../alerts/settings.ts';
import { type AgentEvent, runAgent } from '../loop/agent-loop.ts';
import { Conversation } from '../loop/conversation.ts';
import { instructionsFor } from '../loop/instructions.ts';
import type { Model } from '../models/model.ts';
import type { Environment } from '../settings/environment.ts';
import type { SmsAccount } from '../settings/sms-account.ts';
import { twilioDiversions } from '../settings/twilio-diversions.ts';
import { readDatabase, takeBackHalfChange, timeZoneOf } from '../spending/database.ts';
import { today } from '../spending/periods.ts';
import { type BudgetStatus, budgetStatuses } from '../spending/status.ts';
import { type Approve, ToolDoor } from '../tools/door.ts';
import { SMS_SERVER } from '../tools/known-tools.ts';
import { Toolbox } from '../tools/toolbox.ts';
import { ownServers } from './own-servers.ts';
import {
  type ServerEgress,
  type ServerOptions,
  type StartedServer,
  startServers,
  stopServers,
  type WantedServer,
} from './sandboxed-servers.ts';

export interface SessionOptions {
  /** Servers see only the variables that were granted. */
  readonly environment: Environment;
  readonly database: string;
  readonly stateDir: string;
  /** Overrides today's date. */
  readonly today: Temporal.PlainDate | undefined;
  readonly sms: SmsAccount;
  readonly alerts: AlertSettings;
  readonly runtime: Runtime;
  readonly consent: ConsentOptions;
  /** Undefined if nobody can approve. */
  readonly approve: Approve | undefined;
  /** Texts to the owner need no question (`--approve-own-texts`). */
  readonly preApproved: boolean;
  readonly model: Model;
  readonly signal: AbortSignal;
  readonly onEgress?: (event: ServerEgress) => void;
  /** Gets messages about missing parts, such as a server that could not start. */
  readonly notice: (line: string) => void;
  /** Told what may take long, with the promise that ends it. */
  readonly busy?: ServerOptions['busy'];
  /** Replaces the spending and SMS servers. */
  readonly servers?: readonly WantedServer[];
}

/** The app: servers in their sandboxes, the door, the ledger, and a conversation with the model. */
export class Session {
  readonly door: ToolDoor;
  readonly #options: SessionOptions;
  readonly #servers: readonly StartedServer[];
  readonly #audit: AuditLog;
  readonly #ledger: Ledger;
  readonly #sender: AlertSender;
  readonly #conversation = new Conversation();
  readonly #databaseFile: string | undefined;
  #reminded = '';

  private constructor(
    options: SessionOptions,
    servers: readonly StartedServer[],
    audit: AuditLog,
    ledger: Ledger,
  ) {
    this.#options = options;
    this.#servers = servers;
    this.#audit = audit;
    this.#ledger = ledger;
    this.#databaseFile = fileIdentity(options.database);
    const toolbox = Toolbox.of(servers.flatMap(({ connected }) => connected ?? []));
    this.#sender = new AlertSender({ ...options, settings: options.alerts, ledger, toolbox });
    this.door = new ToolDoor({
      toolbox,
      approve: options.approve,
      sendOnce: (decide, handOver) => this.#sender.sendOnce(decide, handOver),
      record: (event) => audit.append(event),
      facts: (to) => {
        takeBackHalfChange(options.database);
        const budgets = once(() => this.budgetAlerts().map(figuresOf));
        const cap = once(() => ledger.cap());
        return {
          recipient: recipientOf(to, options.sms.notificationPhone),
          allowedRecipients: options.sms.config.allowedRecipients,
          owner: options.sms.notificationPhone,
          preApproved: options.preApproved,
          // Lazy: a call that only reads needs neither.
          get budgets() {
            return budgets();
          },
          get cap() {
            return cap();
          },
        };
      },
    });
  }

  /** Asks consent for each server, starts them at the same time, and connects. Throws a SpendwiseError. */
  static async open(options: SessionOptions): Promise<Session> {
    // Read before any question: without data there is nothing to do.
    readDatabase(options.database, (db) => budgetStatuses(db, options.today ?? today(timeZoneOf(db))));
    const ledger = Ledger.open(options.stateDir);
    let audit: AuditLog | undefined;
    let servers: StartedServer[] = [];
    try {
      audit = AuditLog.ofNewRun(options.stateDir, options.environment);
      const wanted = options.servers ?? ownServers(options.database, options.today, options.runtime.kind);
      servers = await startServers(wanted, {
        ...options,
        env: options.environment,
        audit,
        diversions: twilioDiversions(options.environment),
      });
      const session = new Session(options, servers, audit, ledger);
      await session.#settle(options.signal);
      return session;
    } catch (error) {
      await stopServers(servers);
      audit?.close();
      ledger.close();
      throw error;
    }
  }

  get servers(): readonly StartedServer[] {
    return this.#servers;
  }

  /** The log of what happens at the boundary of the sandboxes, its lines so far, and its names of the servers. */
  get audit(): { log: string; lines: number; servers: Record<string, string> } {
    const servers = this.#servers.map(({ prefix, manifest }) => [prefix, manifest.name] as const);
    return {
      log: basename(this.#audit.file),
      lines: this.#audit.lines,
      servers: Object.fromEntries(servers),
    };
  }

  get refusedAny(): boolean {
    return this.#servers.some(({ server }) => server.consented.refused.length > 0);
  }

  get withoutSms(): boolean {
    return this.#sms?.connected === undefined;
  }

  /** The running SMS server, for demonstrations and tests. */
  get smsServer(): RunningServer | undefined {
    return this.#sms?.connected && this.#sms.server.running;
  }

  get #sms() {
    return this.#servers.find(({ prefix }) => prefix === SMS_SERVER);
  }

  budgets(): BudgetStatus[] {
    return this.budgetAlerts().map(({ status }) => status);
  }

  budgetAlerts(): BudgetAlert[] {
    return this.#sender.budgets();
  }

  async *run(prompt: string, signal: AbortSignal): AsyncGenerator<AgentEvent> {
    try {
      yield* this.#turn(prompt, signal);
    } catch (error) {
      // Remind about due alerts in any case. An error of the reminder must not hide the error of the run.
      try {
        this.#remind();
      } catch {}
      throw error;
    }
    this.#remind();
  }

  forget(): void {
    this.#conversation.clear();
  }

  async *#turn(prompt: string, signal: AbortSignal): AsyncGenerator<AgentEvent> {
    const { model, database, today: pinned, notice } = this.#options;
    // The previous turn may have ended in the middle of a send.
    await this.#settle(signal);
    const day = pinned ?? readDatabase(database, (db) => today(timeZoneOf(db)));
    if (fileIdentity(database) !== this.#databaseFile)
      throw new Failed(
        `${database} was replaced after the spending server started; the server still reads the old file`,
        'start SpendWise again',
      );
    const forgotten = this.#conversation.shorten();
    if (forgotten > 0)
      notice(`the conversation is long: its oldest ${turns(forgotten)} is no longer sent to the model`);
    yield* runAgent({
      model,
      door: this.door,
      instructions: instructionsFor(day, this.#conversation),
      conversation: this.#conversation,
      prompt,
      signal,
    });
  }

  openTexts(): IntentRow[] {
    return this.#ledger.unknown();
  }

  /** Looks up open texts at Twilio, then returns the row of one. */
  async lookUp(id: number, signal: AbortSignal): Promise<IntentRow | undefined> {
    await this.#sender.settle(signal);
    return this.#ledger.find(id);
  }

  /** Resolves when nothing of the servers is left. */
  async close(): Promise<void> {
    const stopping = stopServers(this.#servers);
    this.#options.busy?.('stopping the servers', stopping);
    await stopping;
    this.#ledger.close();
    this.#audit.close();
  }

  /** Tells the user about due alerts that the model did not send, once for the same budgets. */
  #remind(): void {
    const due = this.budgetAlerts().filter(
      ({ status, alert }) => status.state !== 'ok' && alert.state === 'due',
    );
    const names = due.map(({ status }) => quoted(status.category, 60)).join(', ');
    if (names !== '' && names !== this.#reminded)
      this.#options.notice(`due but not sent: ${names}; \`spendwise alert\` sends it without a model`);
    this.#reminded = names;
  }

  /** Looks up texts that an earlier run left open, and tells the user which ones to settle. */
  async #settle(signal: AbortSignal): Promise<void> {
    const settling = this.#sender.settle(signal);
    this.#options.busy?.('asking Twilio about earlier texts', settling);
    for (const line of await settling) this.#options.notice(line);
  }
}

/** Absent means the owner. Only spaces, brackets and dashes are removed; the number must match exactly. */
function recipientOf(to: unknown, owner: string): string | undefined {
  if (to === undefined) return owner;
  const number = typeof to === 'string' ? to.replace(/[ ()-]/g, '') : '';
  return /^\+[1-9]\d{7,14}$/.test(number) ? number : undefined;
}

const fileIdentity = (path: string): string | undefined => {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat && `${stat.dev}:${stat.ino}`;
};

const turns = (count: number): string => (count === 1 ? 'request' : `${count} requests`);

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
