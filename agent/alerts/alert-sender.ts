import { stripReordering } from '../../mcp-server-sms/src/guards/text.ts';
import type { SmsAccount } from '../accounts.ts';
import { Failed, NothingDone } from '../errors.ts';
import type { OutgoingText, SendOnce } from '../tools/door.ts';
import type { Toolbox, ToolResult } from '../tools/toolbox.ts';
import { alertMessage, type NoMessage } from './alert-message.ts';
import { type AlertReport, alertRows, sendAll, sortOut } from './alert-run.ts';
import { alertKeyOf, type DeskBudget, deskBudgets } from './desk.ts';
import type { Intent, Ledger } from './ledger/ledger.ts';
import { lookUpUnknown } from './look-up.ts';
import { type Delivery, deliver, describeOpen } from './outbox.ts';
import type { AlertSettings } from './settings.ts';

export interface SenderOptions {
  readonly database: string;
  readonly today: Temporal.PlainDate | undefined;
  readonly settings: AlertSettings;
  readonly sms: SmsAccount;
  readonly ledger: Ledger;
  readonly toolbox: Toolbox;
}

/** Sends through the SMS server, with the ledger before it: what the agent and `spendwise alert` share. */
export class AlertSender {
  readonly #options: SenderOptions;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  budgets(): DeskBudget[] {
    return deskBudgets(this.#options);
  }

  /** A text that has passed the policy. */
  readonly sendOnce: SendOnce = async (text, handOver) => {
    const made = this.#intentOf(text);
    if ('problem' in made) return { kind: 'refused', reason: made.problem };
    const { intent, own } = made;
    return deliver(this.#options.ledger, intent, (key) => handOver({ ...own, idempotency_key: key }));
  };

  /** An alert that is due, without a model. */
  async #sendDue({ status, crossed }: DeskBudget, signal: AbortSignal): Promise<Delivery<ToolResult>> {
    if (crossed === undefined) throw new Error('not due');
    const { sms, database, toolbox, ledger } = this.#options;
    const message = alertMessage(status, sms.config, { forecastMinor: crossed.forecastMinor });
    if ('problem' in message) return { kind: 'refused', reason: message.problem, earlier: undefined };
    const { spentMinor, limitMinor } = status;
    const intent: Intent = {
      tool: 'send_budget_alert',
      recipient: sms.notificationPhone,
      body: message.body,
      alert: { ...alertKeyOf(database, crossed), spentMinor, limitMinor },
    };
    const tool = toolbox.tools.get('sms__send_budget_alert');
    if (tool === undefined)
      throw new NothingDone('the SMS server has no tool send_budget_alert', 'it is not the one we ship');
    return deliver<ToolResult>(ledger, intent, (key) =>
      toolbox.call(tool, { ...message.args, idempotency_key: key }, signal),
    );
  }

  /**
   * A run without a model: what may have gone out is looked up, then what is due is sent. `say` gets a line for each that
   * a person has to settle. When it throws, the report has what was done so far.
   */
  async run(report: AlertReport, signal: AbortSignal, say: (line: string) => void): Promise<void> {
    const { ledger, database } = this.#options;
    for (const line of await this.settle(signal)) say(line);
    const now = sortOut(this.budgets(), alertRows(ledger, database), report);
    await sendAll(now, (budget) => this.#sendDue(budget, signal), report);
  }

  /** Looks up what may have gone out; a line for each that a person has to settle. */
  async settle(signal: AbortSignal): Promise<string[]> {
    const { ledger, toolbox, sms } = this.#options;
    ledger.recover();
    if (ledger.unknown().length === 0) return [];
    const tool = toolbox.tools.get('sms__find_messages');
    if (tool !== undefined) {
      const reachable = sms.config.allowedRecipients;
      await lookUpUnknown(ledger, async (args) => {
        if (!reachable.has(String(args.to))) return undefined;
        return (await toolbox.call(tool, args, signal)).structured;
      });
    }
    return ledger.unknown().map(describeOpen);
  }

  /** The intent behind a text of the agent's, and the arguments that are ours to set. */
  #intentOf({
    call,
    recipient,
    budget,
  }: OutgoingText): { intent: Intent; own: Record<string, unknown> } | NoMessage {
    const { tool, args } = call;
    if (budget === undefined) {
      // The server strips the same.
      return { intent: { tool, recipient, body: stripReordering(String(args.message)) }, own: {} };
    }
    const { sms, database } = this.#options;
    const now = this.budgets().find(
      ({ status }) =>
        status.category === budget.category &&
        status.period === budget.period &&
        status.currency === budget.currency,
    );
    if (now === undefined) throw new Failed('the budget is gone from the database', 'ask again');
    const { status, crossed } = now;
    const customMessage = typeof args.custom_message === 'string' ? args.custom_message : undefined;
    const forecastMinor = customMessage === undefined ? crossed?.forecastMinor : undefined;
    const message = alertMessage(status, sms.config, { customMessage, forecastMinor });
    if ('problem' in message) return message;
    const { spentMinor, limitMinor } = status;
    const alert =
      crossed === undefined ? {} : { alert: { ...alertKeyOf(database, crossed), spentMinor, limitMinor } };
    return { intent: { tool, recipient, body: message.body, ...alert }, own: { ...message.args } };
  }
}
