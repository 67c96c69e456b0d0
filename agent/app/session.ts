import { statSync } from 'node:fs';
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
  type StartedServer,
  startServers,
  stopServers,
  type WantedServer,
} from './sandboxed-servers.ts';

export interface SessionOptions {
  /** The operator's variables; servers see the granted ones. */
  readonly environment: Environment;
  readonly database: string;
  readonly stateDir: string;
  /** Pins "today"; undefined means the real one. */
  readonly today: Temporal.PlainDate | undefined;
  readonly sms: SmsAccount;
  readonly alerts: AlertSettings;
  readonly runtime: Runtime;
  readonly consent: ConsentOptions;
  /** Undefined where nobody can approve. */
  readonly approve: Approve | undefined;
  /** The person said beforehand that texts to their own number need no question. */
  readonly preApproved: boolean;
  readonly model: Model;
  /** Ends the start-up; each run has a signal of its own. */
  readonly signal: AbortSignal;
  /** Sees each decision on a way out, by server. */
  readonly onEgress?: (event: ServerEgress) => void;
  /** Says what will be missing, such as a server that could not start. */
  readonly notice: (line: string) => void;
  /** In place of the spending and SMS servers. */
  readonly servers?: readonly WantedServer[];
}

/** The app, put together: the servers behind their sandboxes, the door, the ledger, and a conversation with the model. */
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
          // Looked up where a rule asks for it: a call that reads needs neither.
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
    // Before any question: without data there is nothing to do.
    readDatabase(options.database, (db) => budgetStatuses(db, options.today ?? today(timeZoneOf(db))));
    const ledger = Ledger.open(options.stateDir);
    let audit: AuditLog | undefined;
    let servers: StartedServer[] = [];
    try {
      audit = AuditLog.ofNewRun(options.stateDir);
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

  /** What each server may do, and what the person refused it. */
  get servers(): readonly StartedServer[] {
    return this.#servers;
  }

  /** True when the person refused any permission. */
  get refusedAny(): boolean {
    return this.#servers.some(({ server }) => server.consented.refused.length > 0);
  }

  /** True when the person's refusals left the SMS server out. */
  get withoutSms(): boolean {
    return this.#sms?.connected === undefined;
  }

  /** The SMS server as it runs, for what a demonstration does beside it. */
  get smsServer(): RunningServer | undefined {
    return this.#sms?.connected && this.#sms.server.running;
  }

  get #sms() {
    return this.#servers.find(({ prefix }) => prefix === SMS_SERVER);
  }

  /** Every budget as the database has it now. */
  budgets(): BudgetStatus[] {
    return this.budgetAlerts().map(({ status }) => status);
  }

  /** The same, with what is to be texted about each. */
  budgetAlerts(): BudgetAlert[] {
    return this.#sender.budgets();
  }

  /** One request of the person's, within the conversation so far. */
  async *run(prompt: string, signal: AbortSignal): AsyncGenerator<AgentEvent> {
    try {
      yield* this.#turn(prompt, signal);
    } catch (error) {
      // What is due is due however a run ends. That it failed is what the person must hear, whatever else does.
      try {
        this.#remind();
      } catch {}
      throw error;
    }
    this.#remind();
  }

  /** The next request begins a new conversation. */
  forget(): void {
    this.#conversation.clear();
  }

  async *#turn(prompt: string, signal: AbortSignal): AsyncGenerator<AgentEvent> {
    const { model, database, today: pinned, notice } = this.#options;
    // A turn before this one may have been broken off in the middle of a send.
    await this.#settle(signal);
    const day = pinned ?? readDatabase(database, (db) => today(timeZoneOf(db)));
    if (fileIdentity(database) !== this.#databaseFile)
      throw new Failed(
        `${database} is another file than when the spending server started, which still reads the old one`,
        'leave and begin again',
      );
    const forgotten = this.#conversation.shorten();
    if (forgotten > 0)
      notice(`the conversation got long: the model no longer has the oldest ${turns(forgotten)} of it`);
    yield* runAgent({
      model,
      door: this.door,
      instructions: instructionsFor(day, this.#conversation),
      conversation: this.#conversation,
      prompt,
      signal,
    });
  }

  /** Texts of which nobody knows whether they went out. */
  openTexts(): IntentRow[] {
    return this.#ledger.unknown();
  }

  /** Looks them up at Twilio, and gives what is known of one then. */
  async lookUp(id: number, signal: AbortSignal): Promise<IntentRow | undefined> {
    await this.#sender.settle(signal);
    return this.#ledger.find(id);
  }

  /** Stops the servers at the same time; resolves when nothing of them is left. */
  async close(): Promise<void> {
    await stopServers(this.#servers);
    this.#ledger.close();
    this.#audit.close();
  }

  /** A model may leave out what is due. The user is told, once for the same budgets. */
  #remind(): void {
    const due = this.budgetAlerts().filter(
      ({ status, alert }) => status.state !== 'ok' && alert.state === 'due',
    );
    const names = due.map(({ status }) => quoted(status.category, 60)).join(', ');
    if (names !== '' && names !== this.#reminded)
      this.#options.notice(`due, and not texted: ${names}; \`spendwise alert\` does that without a model`);
    this.#reminded = names;
  }

  /** Looks up what an earlier run left open, and says what a person has to settle. */
  async #settle(signal: AbortSignal): Promise<void> {
    for (const line of await this.#sender.settle(signal)) this.#options.notice(line);
  }
}

/** Absent means the owner. No more than stripping what people type between digits; the match must be exact. */
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
