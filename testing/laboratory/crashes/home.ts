import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openForWriting } from '../../../agent/spending/database.ts';
import type { PeriodKind } from '../../../agent/spending/periods.ts';
import { type CategoryName, CURRENCY } from '../../../agent/spending/seed/scenario.ts';
import { writeSeed } from '../../../agent/spending/seed/write.ts';
import { type PostStage, startTwilioStandIn, type TwilioStandIn } from '../../stand-ins/twilio.ts';

export interface HomeBudget {
  readonly category: CategoryName;
  readonly period: PeriodKind;
  readonly limitMinor: number;
}

/**
 * Five budgets of four thresholds each are the twenty texts that the ledger lets out in an hour. Every limit is another:
 * a text tells by its limit which budget it is about.
 */
export const BUDGETS: readonly HomeBudget[] = [
  { category: 'Food & Dining', period: 'week', limitMinor: 150_00 },
  { category: 'Food & Dining', period: 'month', limitMinor: 610_00 },
  { category: 'Shopping', period: 'week', limitMinor: 80_00 },
  { category: 'Health', period: 'month', limitMinor: 500_00 },
  { category: 'Education', period: 'year', limitMinor: 1800_00 },
];

const ACCOUNT = { accountSid: `AC${'0'.repeat(32)}`, authToken: 'the-auth-token-of-the-crashes' };

/** A household: budgets, what was spent and when, a state folder, and a Twilio of its own. */
export class Home {
  readonly folder: string;
  readonly twilio: TwilioStandIn;
  /** Called at each stage of a POST at Twilio, which waits for it. */
  onPost: (stage: PostStage) => Promise<void> = async () => {};
  readonly #today = Temporal.Now.plainDateISO('UTC').toString();
  readonly #seen: number[] = [];
  readonly #spent: { readonly category: string; readonly at: number; readonly totalMinor: number }[] = [];

  private constructor(folder: string, twilio: TwilioStandIn) {
    this.folder = folder;
    this.twilio = twilio;
  }

  static async open(): Promise<Home> {
    const folder = mkdtempSync(join(tmpdir(), 'spendwise-crashes-'));
    const twilio = await startTwilioStandIn(ACCOUNT, { onPost: (stage) => home.onPost(stage) });
    const home = new Home(folder, twilio);
    writeSeed(home.database, { budgets: BUDGETS, transactions: [] }, 'UTC');
    return home;
  }

  async close(): Promise<void> {
    await this.twilio.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  get database(): string {
    return join(this.folder, 'data', 'spendwise.db');
  }

  get stateDir(): string {
    return join(this.folder, 'state');
  }

  get env(): Record<string, string> {
    const base = process.env.SPENDWISE_NODE_IMAGE;
    return {
      ...(base === undefined ? {} : { SPENDWISE_NODE_IMAGE: base }),
      SPENDWISE_DB: this.database,
      SPENDWISE_STATE_DIR: this.stateDir,
      TWILIO_ACCOUNT_SID: ACCOUNT.accountSid,
      TWILIO_AUTH_TOKEN: ACCOUNT.authToken,
      TWILIO_PHONE_NUMBER: '+15005550006',
      NOTIFICATION_PHONE: '+12025550143',
      TWILIO_API_BASE_URL: this.twilio.url.origin,
    };
  }

  /** False at midnight: what was spent is of yesterday then, and perhaps of another period. */
  get isStillToday(): boolean {
    return Temporal.Now.plainDateISO('UTC').toString() === this.#today;
  }

  spend(category: CategoryName, amountMinor: number): void {
    const db = openForWriting(this.database);
    try {
      db.prepare(
        `INSERT INTO transactions (date, amount_minor, currency, category_id)
         SELECT ?, ?, ?, id FROM categories WHERE name = ?`,
      ).run(this.#today, -amountMinor, CURRENCY, category);
    } finally {
      db.close();
    }
    const totalMinor = this.spentMinor(category) + amountMinor;
    this.#spent.push({ category, at: Date.now(), totalMinor });
  }

  /** A run that nobody killed has looked at what is spent now. */
  wasSeen(): void {
    this.#seen.push(Date.now());
  }

  /** The least that was spent after a moment, and the least that such a run saw. */
  least(category: string, after: number, by = Date.now()): number {
    const later = this.#spent.filter(
      (step) => step.category === category && step.at > after && step.at <= by,
    );
    return Math.min(this.spentMinor(category, after), ...later.map(({ totalMinor }) => totalMinor));
  }

  leastSeen(category: string, after: number): number {
    const moments = this.#seen.filter((at) => at > after);
    return Math.min(Number.POSITIVE_INFINITY, ...moments.map((at) => this.spentMinor(category, at)));
  }

  /** What was spent by a moment; by default, this one. */
  spentMinor(category: string, by = Date.now()): number {
    return this.#spent.findLast((step) => step.category === category && step.at <= by)?.totalMinor ?? 0;
  }
}
