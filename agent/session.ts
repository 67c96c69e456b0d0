import { type SmsAccount, twilioOverrides } from './accounts.ts';
import type { Environment } from './environment.ts';
import { ConsentMissing, Failed } from './errors.ts';
import { instructionsFor } from './instructions.ts';
import { type AgentEvent, runAgent } from './loop.ts';
import type { ConversationItem, Model } from './models/model.ts';
import { AuditLog } from './sandbox/audit.ts';
import {
  type Consented,
  type ConsentOptions,
  obtainConsent,
  obtainToolConsent,
  recordConsent,
} from './sandbox/consent.ts';
import { launchPlan } from './sandbox/launch-plan.ts';
import { packageCache, prepareProgram } from './sandbox/prepare.ts';
import type { OnEgress, RunningServer, Runtime } from './sandbox/runtimes/runtime.ts';
import { announced } from './sandbox/tool-changes.ts';
import { SandboxedStdioTransport } from './sandbox/transport.ts';
import { smsManifest, spendingManifest } from './servers.ts';
import { readDatabase, timeZoneOf } from './spending/database.ts';
import { DatabaseUnusable } from './spending/database-unusable.ts';
import { toMajor } from './spending/money.ts';
import { today } from './spending/periods.ts';
import { type BudgetStatus, budgetStatuses } from './spending/status.ts';
import { type Approve, type CallOutcome, ToolDoor } from './tools/door.ts';
import { type Connected, connect, Toolbox } from './tools/toolbox.ts';

export interface SessionOptions {
  /** The operator's variables; servers see the granted ones. */
  readonly environment: Environment;
  readonly database: string;
  readonly stateDir: string;
  /** Pins "today"; undefined means the real one. */
  readonly today: Temporal.PlainDate | undefined;
  readonly sms: SmsAccount;
  readonly runtime: Runtime;
  readonly consent: ConsentOptions;
  /** Undefined where nobody can approve. */
  readonly approve: Approve | undefined;
  readonly model: Model;
  /** Ends the start-up; each run has a signal of its own. */
  readonly signal: AbortSignal;
  /** Sees each decision on a way out, by server. */
  readonly onEgress?: (event: ServerEgress) => void;
  /** Says what will be missing, such as a server that could not start. */
  readonly notice: (line: string) => void;
}

export type ServerEgress = Parameters<OnEgress>[0] & { readonly server: string };

/** The app, put together: both servers behind their sandboxes, the door, and a conversation with the model. */
export class Session {
  readonly door: ToolDoor;
  readonly #options: SessionOptions;
  readonly #servers: readonly Connected[];
  readonly #audit: AuditLog;
  readonly #conversation: ConversationItem[] = [];
  #refusedAny = false;

  private constructor(
    options: SessionOptions,
    servers: readonly Connected[],
    audit: AuditLog,
    toolbox: Toolbox,
  ) {
    this.#options = options;
    this.#servers = servers;
    this.#audit = audit;
    this.door = new ToolDoor({
      toolbox,
      approve: options.approve,
      facts: (to) => ({
        recipient: recipientOf(to, options.sms.notificationPhone),
        allowedRecipients: options.sms.config.allowedRecipients,
        budgets: this.budgets().map((b) => ({
          category: b.category,
          period: b.period,
          currency: b.currency,
          spent: toMajor(b.spentMinor, b.currency),
          limit: toMajor(b.limitMinor, b.currency),
        })),
      }),
    });
  }

  /** Asks consent for each server, starts them at the same time, and connects. Throws a SpendwiseError. */
  static async open(options: SessionOptions): Promise<Session> {
    // Before any question: without data there is nothing to do.
    readDatabase(options.database, (db) => budgetStatuses(db, options.today ?? today(timeZoneOf(db))));
    const audit = AuditLog.ofNewRun(options.stateDir);
    const starting: Promise<Connected | undefined>[] = [];
    try {
      const wanted = [];
      for (const [prefix, manifest] of [
        ['spending', spendingManifest(options.database, options.today, options.runtime.kind)],
        ['sms', smsManifest()],
      ] as const) {
        const { program, digest } = await prepareProgram(manifest, options.runtime, {
          cache: packageCache(options.stateDir),
          notice: options.notice,
          signal: options.signal,
        });
        const consented = await obtainConsent(manifest, digest, options.consent);
        recordConsent(audit, manifest, consented);
        wanted.push({ prefix, manifest, program, consented });
      }
      for (const { prefix, manifest, program, consented } of wanted) {
        const plan = launchPlan(
          manifest,
          consented,
          options.environment,
          twilioOverrides(options.environment),
          program,
        );
        const onEgress: OnEgress = (event) => options.onEgress?.({ server: manifest.name, ...event });
        const transport = new SandboxedStdioTransport({ runtime: options.runtime, plan, audit, onEgress });
        const connecting = connect({ prefix, transport }, options.signal);
        starting.push(prefix === 'sms' ? orWithout(connecting, consented, options.notice) : connecting);
      }
      const servers = (await Promise.all(starting)).filter((server) => server !== undefined);
      for (const { prefix, manifest } of wanted) {
        const tools = servers.find((server) => server.prefix === prefix)?.tools;
        if (tools) await obtainToolConsent(manifest, announced(tools), options.consent);
      }
      const session = new Session(options, servers, audit, Toolbox.of(servers));
      session.#refusedAny = wanted.some(({ consented }) => consented.refused.length > 0);
      return session;
    } catch (error) {
      for (const settled of await Promise.allSettled(starting)) {
        if (settled.status === 'fulfilled') await settled.value?.client.close();
      }
      audit.close();
      throw error;
    }
  }

  /** True when the person refused any permission. */
  get refusedAny(): boolean {
    return this.#refusedAny;
  }

  /** True when the person's refusals left the SMS server out. */
  get withoutSms(): boolean {
    return !this.#servers.some(({ prefix }) => prefix === 'sms');
  }

  /** The SMS server as it runs, for what a demonstration does beside it. */
  get smsServer(): RunningServer | undefined {
    return this.#servers.find(({ prefix }) => prefix === 'sms')?.transport.server;
  }

  /** Every budget as the database has it now. */
  budgets(): BudgetStatus[] {
    const { database, today: pinned } = this.#options;
    return inWords(() => readDatabase(database, (db) => budgetStatuses(db, pinned ?? today(timeZoneOf(db)))));
  }

  /** One request of the person's, within the conversation so far. */
  run(prompt: string, signal: AbortSignal): AsyncGenerator<AgentEvent> {
    const { model, database, today: pinned } = this.#options;
    const day = pinned ?? inWords(() => readDatabase(database, (db) => today(timeZoneOf(db))));
    const instructions = instructionsFor(day);
    return runAgent({
      model,
      door: this.door,
      instructions,
      conversation: this.#conversation,
      prompt,
      signal,
    });
  }

  /** A call through the same door that the model's calls take, for code that plays the model. */
  propose(name: string, args: Record<string, unknown>, signal: AbortSignal): Promise<CallOutcome> {
    return this.door.call(name, JSON.stringify(args), signal);
  }

  /** Stops both servers at the same time; resolves when nothing of them is left. */
  async close(): Promise<void> {
    await Promise.all(this.#servers.map(({ client }) => client.close()));
    this.#audit.close();
  }
}

/** A database that fails in mid-run ends the run as any other failure does, with what was done so far reported. */
function inWords<T>(query: () => T): T {
  try {
    return query();
  } catch (error) {
    if (error instanceof DatabaseUnusable) throw new Failed(error.message, error.hint, error);
    throw error;
  }
}

/** A person may refuse what the SMS server needs: then the rest works on without it, and says so. */
async function orWithout(
  connecting: Promise<Connected>,
  { refused }: Consented,
  notice: (line: string) => void,
) {
  try {
    return await connecting;
  } catch (error) {
    if (refused.length === 0 || !(error instanceof Failed || error instanceof ConsentMissing)) throw error;
    notice(`no texts can be sent: ${error.message}; ${error.hint}`);
    return undefined;
  }
}

/** Absent means the owner. No more than stripping what people type between digits; the match must be exact. */
function recipientOf(to: unknown, owner: string): string | undefined {
  if (to === undefined) return owner;
  const number = typeof to === 'string' ? to.replace(/[ ()-]/g, '') : '';
  return /^\+[1-9]\d{7,14}$/.test(number) ? number : undefined;
}
