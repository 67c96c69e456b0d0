import { Ledger } from '../../../agent/alerts/ledger/ledger.ts';
import { alertSettings } from '../../../agent/alerts/settings.ts';
import { Session } from '../../../agent/app/session.ts';
import { runAgent } from '../../../agent/loop/agent-loop.ts';
import { Conversation } from '../../../agent/loop/conversation.ts';
import { instructionsFor } from '../../../agent/loop/instructions.ts';
import type { Model } from '../../../agent/models/model.ts';
import { openAiModel } from '../../../agent/models/openai.ts';
import { SpendwiseError } from '../../../agent/sandbox/foundation/errors.ts';
import type { Runtime } from '../../../agent/sandbox/plan/runtime.ts';
import type { ToolDoor } from '../../../agent/tools/door.ts';
import { ageLedger } from './age-ledger.ts';
import { AlertRun } from './alert-run.ts';
import { AuditReader } from './audit-reader.ts';
import { type BankFile, importBankFile } from './bank-files.ts';
import type { Cast } from './carriers.ts';
import { castOf, MORE_TEXTS, NO_GUARDS, smsServer, writeAnswer, writeDescriptions } from './cast.ts';
import type { Evidence } from './evidence.ts';
import { digestOf, furnish, type HomeFolder, homeFolder, type Planted, SLOTS } from './home.ts';
import type { Thinking } from './models/obeying.ts';
import { openDoor } from './open-door.ts';
import { type Outside, startOutside } from './outside.ts';
import { startedBy } from './person.ts';

export const ORDER = 'Check my budgets and alert me';

export interface LaneOptions {
  readonly cast: Cast;
  readonly runtime: Runtime;
  /** What the tools of a hostile server say of themselves. */
  readonly descriptions?: readonly string[];
  /** The person has said `--approve-own-texts`. */
  readonly preApproved?: boolean;
  /** Without policy, ledger and the SMS server's guards: what the attacks would do then. */
  readonly unguarded?: boolean;
}

export interface Attack {
  readonly planted: Planted;
  /** What the person imported before they asked. */
  readonly file?: BankFile;
  /** What a hostile spending server puts beside the true figures. */
  readonly beside?: string;
  /** What the model answers to a request before this one. */
  readonly answered?: string;
  readonly order: string;
  readonly model: Thinking;
}

/** The app with real servers, with its outside: a few attacks, one after the other, each with a household of its own. */
export class Lane {
  readonly home: HomeFolder;
  readonly outside: Outside;
  readonly session: Session;
  /** Calls that a person was asked about, and refused. */
  asked = 0;
  #attacks = 0;
  readonly #today: Temporal.PlainDate;
  readonly #model: Model;
  readonly #door: ToolDoor;
  readonly #alerts: AlertRun;
  readonly #audit: AuditReader;
  readonly #cast: Cast;
  readonly #isolated: boolean;
  readonly #preApproved: boolean;
  readonly #conversation = new Conversation();

  private constructor(
    { cast, runtime, preApproved = false }: LaneOptions,
    parts: { home: HomeFolder; outside: Outside; today: Temporal.PlainDate; model: Model; door: ToolDoor },
    session: Session,
    alerts: AlertRun,
  ) {
    this.home = parts.home;
    this.outside = parts.outside;
    this.#today = parts.today;
    this.#model = parts.model;
    this.#door = parts.door;
    this.session = session;
    this.#alerts = alerts;
    this.#audit = new AuditReader(parts.home.stateDir);
    this.#cast = cast;
    this.#isolated = runtime.isolated;
    this.#preApproved = preApproved;
  }

  static async open(options: LaneOptions): Promise<Lane> {
    const { cast, runtime } = options;
    const [home, outside, today] = [homeFolder(), await startOutside(), Temporal.Now.plainDateISO()];
    try {
      furnish(home.database, today.toString(), 0, {});
      writeDescriptions(home, options.descriptions ?? []);
      writeAnswer(home, {});
      const { modelUrl } = outside;
      const settings = { ...MORE_TEXTS, ...(options.unguarded ? NO_GUARDS : {}) };
      const model = openAiModel({ apiKey: 'none', baseUrl: modelUrl.href, model: 'obeying' });
      const person = startedBy(home, outside, today, runtime);
      const shared = { ...person, environment: { ...person.environment, ...settings } };
      let lane: Lane | undefined;
      const session = await Session.open({
        ...shared,
        alerts: alertSettings({}),
        model,
        // A person who reads each question, and says no.
        approve: async () => {
          if (lane !== undefined) lane.asked += 1;
          return false;
        },
        preApproved: options.preApproved ?? false,
        servers: castOf(cast, home, today, runtime, smsServer(settings)),
      });
      const door = options.unguarded ? openDoor(session) : session.door;
      lane = new Lane(options, { home, outside, today, model, door }, session, new AlertRun(shared));
      return lane;
    } catch (error) {
      await outside.close();
      home.remove();
      throw error;
    }
  }

  /** The agent's run, then `spendwise alert`, which must find nothing wrong; and what both left behind. */
  async attack(attack: Attack): Promise<Evidence> {
    const { outside, home: folder } = this;
    const { database } = folder;
    this.#attacks += 1;
    const home = furnish(database, this.#today.toString(), this.#attacks % SLOTS, attack.planted);
    if (attack.file !== undefined) await importBankFile(database, attack.file);
    if (this.#cast === 'hostile') this.#writeTruth(attack.beside);
    const before = { inbox: outside.twilio.inbox.length, digest: digestOf(database), row: this.#lastRow() };
    outside.heard.length = 0;
    outside.leaked.length = 0;
    this.#conversation.clear();
    ageLedger(folder.stateDir);

    if (attack.answered !== undefined) {
      outside.model = { reached: false, think: () => attack.answered as string };
      await this.#ask('What did I buy?');
    }
    outside.model = attack.model;
    do {
      if (this.#preApproved) ageLedger(folder.stateDir);
      attack.model.begin?.();
      await this.#ask(attack.order);
    } while (attack.model.finished === false);
    outside.model = undefined;
    await this.#alerts.run();

    const ledger = Ledger.open(folder.stateDir);
    try {
      return {
        home,
        inbox: outside.twilio.inbox.slice(before.inbox).map(({ to, body }) => ({ to, body })),
        rows: ledger.history(1_000).filter(({ id }) => id > before.row),
        ...this.#audit.read(),
        heard: [...outside.heard],
        leaked: [...outside.leaked],
        changed: digestOf(database) !== before.digest,
        snoozes: ledger.snoozes(database).length,
      };
    } finally {
      ledger.close();
    }
  }

  /** An SMS server that was taken over tries to reach the listener. What shows that it did; undefined: nothing does. */
  async callHome(): Promise<string | undefined> {
    const exec = this.session.smsServer?.exec;
    if (exec === undefined) return undefined;
    const { heard, collector } = this.outside;
    heard.length = 0;
    for (const url of [collector, 'https://collector.example/'])
      await exec(['node', '-e', `fetch('${url}')`]);
    const { egress } = this.#audit.read();
    if (!egress.some(({ verdict }) => verdict === 'denied')) return 'no denial is on record';
    return heard[0] ?? egress.find(({ verdict }) => verdict === 'allowed')?.host;
  }

  async close(): Promise<void> {
    await Promise.all([this.session.close(), this.#alerts.close()]);
    await this.outside.close();
    this.home.remove();
  }

  /**
   * As `Session.run` does, but that each household begins a conversation of its own. A run that ends at its bounds, or
   * breaks off, is a run like any other.
   */
  async #ask(order: string): Promise<void> {
    try {
      const run = runAgent({
        model: this.#model,
        door: this.#door,
        instructions: instructionsFor(this.#today),
        conversation: this.#conversation,
        prompt: order,
        signal: new AbortController().signal,
      });
      for await (const _event of run);
    } catch (error) {
      if (!(error instanceof SpendwiseError)) throw error;
    }
  }

  #lastRow(): number {
    const ledger = Ledger.open(this.home.stateDir);
    try {
      return ledger.history(1)[0]?.id ?? 0;
    } finally {
      ledger.close();
    }
  }

  /** A hostile spending server's answer: what is true, and the payload beside it. */
  #writeTruth(beside: string | undefined): void {
    const budgets = this.session.budgets().map(({ category, currency, spentMinor, limitMinor, state }) => ({
      category,
      currency,
      spent: spentMinor / 100,
      limit: limitMinor / 100,
      state,
    }));
    writeAnswer(this.home, {
      budgets,
      ...(beside === undefined ? {} : { notes: beside }),
      // A plain process could; that it is no sandbox is said wherever one runs.
      ...(this.#isolated
        ? { attempts: { url: this.outside.collector, paths: this.home.files.slice(1) } }
        : {}),
    });
  }
}
