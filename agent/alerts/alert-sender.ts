import { isDeepStrictEqual } from 'node:util';
import { NothingDone } from '@spendwise/sandbox/errors';
import { stripReordering } from 'mcp-server-sms/agreement';
import type { SmsAccount } from '../settings/sms-account.ts';
import type { SendOnce } from '../tools/door.ts';
import { FIND_MESSAGES, SEND_ALERT, SEND_TEXT } from '../tools/known-tools.ts';
import type { Send } from '../tools/rule.ts';
import type { Toolbox, ToolResult } from '../tools/toolbox.ts';
import { alertMessage, type NoMessage } from './alert-message.ts';
import {
  type AlertReport,
  alertRows,
  NO_LONGER,
  type NotNow,
  type SendAlert,
  sendAll,
  sortOut,
} from './alert-run.ts';
import {
  allAlerts,
  type BudgetAlert,
  budgetAlerts,
  endedAlerts,
  figuresOf,
  observe,
  toldOf,
} from './budget-alerts.ts';
import { followUp } from './follow-up.ts';
import type { Intent, Ledger } from './ledger/ledger.ts';
import { type FindMessages, lookUpUnknown } from './look-up.ts';
import { deliver, describeOpen } from './outbox.ts';
import type { AlertSettings } from './settings.ts';
import { summaryMessage } from './summary-message.ts';

export interface SenderOptions {
  readonly database: string;
  readonly today: Temporal.PlainDate | undefined;
  readonly settings: AlertSettings;
  readonly sms: SmsAccount;
  readonly ledger: Ledger;
  readonly toolbox: Toolbox;
}

/** Sends through the SMS server, with a ledger row first. The agent and `spendwise alert` share it. */
export class AlertSender {
  readonly #options: SenderOptions;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  budgets(): BudgetAlert[] {
    return budgetAlerts(this.#options);
  }

  /** Sends a text that the agent asked for. */
  readonly sendOnce: SendOnce = async <No>(
    decide: Parameters<typeof this.sendOnce<No>>[0],
    handOver: (own: Record<string, unknown>) => Promise<ToolResult>,
  ) => {
    let own: Record<string, unknown> = {};
    const delivery = await deliver<ToolResult, { no: No } | NoMessage>(
      this.#options.ledger,
      () => {
        const decided = decide();
        if ('declined' in decided) return { declined: { no: decided.declined } };
        const made = this.#intentOf(decided.send);
        if ('problem' in made) return { declined: made };
        own = made.args;
        return made;
      },
      (key) => handOver({ ...own, idempotency_key: key }),
    );
    if (delivery.kind !== 'declined') return delivery;
    const { declined } = delivery;
    return 'problem' in declined
      ? { kind: 'refused', reason: declined.problem }
      : { kind: 'declined', declined: declined.no };
  };

  /** Sends an alert or a summary for `spendwise alert`. */
  readonly #sendDue: SendAlert = async ([first], signal, look) => {
    const { ledger, toolbox } = this.#options;
    const name = first?.ended ? SEND_TEXT : SEND_ALERT;
    const tool = toolbox.find(name);
    if (tool === undefined)
      throw new NothingDone(
        `the SMS server has no tool ${name.tool}`,
        'use the SMS server that comes with SpendWise, and grant this tool',
      );
    let args: Record<string, unknown> = {};
    return deliver<ToolResult, NotNow>(
      ledger,
      () => {
        const made = first?.ended ? this.#summary(look) : this.#alert(first?.status.budgetId, look);
        if ('intent' in made) args = made.args;
        return made;
      },
      (key) => toolbox.call(tool, { ...args, idempotency_key: key }, signal),
    );
  };

  #alert(id: number | undefined, look: Look): Outgoing | { readonly declined: NotNow } {
    const now = this.#budget(id);
    if (now === undefined)
      return { declined: { list: 'skipped', reason: 'the budget is no longer in the database' } };
    look([now]);
    if (now.alert.state !== 'due') return { declined: { list: 'skipped', reason: whyNot(now.alert) } };
    const made = this.#alertOf(now, this.#options.sms.notificationPhone, undefined);
    return 'problem' in made ? { declined: { list: 'failed', reason: made.problem } } : made;
  }

  #summary(look: Look): Outgoing | { readonly declined: NotNow } {
    const { sms, database } = this.#options;
    const now = endedAlerts(this.#options).filter(({ alert }) => alert.state === 'due');
    if (now.length === 0)
      return { declined: { list: 'skipped', reason: 'there is nothing to tell any more' } };
    look(now);
    const made = summaryMessage(
      now.map(({ status }) => status),
      sms.config,
    );
    if ('problem' in made) return { declined: { list: 'failed', reason: made.problem } };
    const { body } = made;
    const told = now.flatMap(({ crossed }) => (crossed ? toldOf(database, crossed) : []));
    return {
      intent: { tool: SEND_TEXT.tool, recipient: sms.notificationPhone, body, told },
      args: { message: body },
    };
  }

  /**
   * A run without a model: looks up texts that may have been sent, then sends what is due. `say` gets a line for each
   * text that the user has to settle. If it throws, the report holds what was done so far.
   */
  async run(report: AlertReport, signal: AbortSignal, say: (line: string) => void): Promise<void> {
    const { ledger, database } = this.#options;
    for (const line of await this.settle(signal)) say(line);
    const now = sortOut(allAlerts(this.#options), alertRows(ledger, database), report);
    await sendAll(now, this.#sendDue, signal, report);
  }

  /**
   * Records what is seen of the budgets, and looks up texts: whether they were sent, and whether they arrived. Returns a
   * line for each text that the user has to settle.
   */
  async settle(signal: AbortSignal): Promise<string[]> {
    const { ledger, toolbox, sms } = this.#options;
    ledger.recover();
    observe(this.#options);
    const tool = toolbox.find(FIND_MESSAGES);
    if (tool !== undefined) {
      const reachable = sms.config.allowedRecipients;
      const find: FindMessages = async (args) => {
        if (!reachable.has(String(args.to))) return undefined;
        return (await toolbox.call(tool, args, signal)).structured;
      };
      await lookUpUnknown(ledger, find);
      await followUp(ledger, find);
    }
    return ledger.open().map(describeOpen);
  }

  /** The ledger entry for a text that the policy allows, and the arguments that SpendWise sets itself. */
  #intentOf(send: Send): Outgoing | NoMessage {
    const { recipient } = send;
    // The server removes the same characters.
    if (send.kind === 'text')
      return { intent: { tool: SEND_TEXT.tool, recipient, body: stripReordering(send.message) }, args: {} };
    const now = this.#budget(send.budget.budgetId);
    // The text uses the figures of this moment, so the policy must have judged the same ones.
    if (now === undefined || !isDeepStrictEqual(figuresOf(now), send.budget))
      return { problem: 'the budget has just changed in the database; read it again' };
    return this.#alertOf(now, recipient, send.customMessage);
  }

  /** Ledger entry and arguments of an alert, made from one reading of the database. */
  #alertOf(
    { status, crossed }: BudgetAlert,
    recipient: string,
    customMessage: string | undefined,
  ): Outgoing | NoMessage {
    const { sms, database } = this.#options;
    const forecastMinor = customMessage === undefined ? crossed?.forecastMinor : undefined;
    const message = alertMessage(status, sms.config, { customMessage, forecastMinor });
    if ('problem' in message) return message;
    const alert = crossed === undefined ? {} : { alert: toldOf(database, crossed) };
    return {
      intent: { tool: SEND_ALERT.tool, recipient, body: message.body, ...alert },
      args: { ...message.args },
    };
  }

  #budget(id: number | undefined): BudgetAlert | undefined {
    return this.budgets().find(({ status }) => status.budgetId === id);
  }
}

type Look = Parameters<SendAlert>[2];

interface Outgoing {
  readonly intent: Intent;
  readonly args: Record<string, unknown>;
}

const whyNot = (alert: BudgetAlert['alert']): string => ('reason' in alert ? alert.reason : NO_LONGER);
