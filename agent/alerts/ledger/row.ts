import { isGone, ProcessIdentity } from '@spendwise/sandbox/process-identity';
import { z } from 'zod';
import { parseThreshold, type Threshold } from '../thresholds.ts';

export type IntentState = 'reserved' | 'sending' | 'sent' | 'failed' | 'unknown';

/** Which alert it is: of these there is one. */
export interface AlertKey {
  /** The database's file, absolute. */
  readonly database: string;
  /** Rows of that database. Undefined in what version 1 of the ledger wrote: it knew budgets by name. */
  readonly budgetId: number | undefined;
  readonly categoryId: number | undefined;
  /** As it was called then. */
  readonly category: string;
  readonly currency: string;
  readonly period: string;
  /** YYYY-MM-DD */
  readonly periodStart: string;
  readonly threshold: Threshold;
  readonly limitMinor: number;
}

export interface AlertFigures {
  readonly spentMinor: number;
}

/** One row, as it counts now. */
export interface IntentRow {
  readonly id: number;
  readonly state: IntentState;
  readonly tool: string;
  /** Undefined for a free text. */
  readonly alert: (AlertKey & AlertFigures) | undefined;
  /** E.164 */
  readonly recipient: string;
  /** The exact text. */
  readonly body: string;
  readonly sid: string | undefined;
  readonly reason: string | undefined;
  readonly reservedAt: Date;
  readonly sendingAt: Date | undefined;
  readonly settledAt: Date | undefined;
}

const Columns = z.object({
  id: z.number(),
  kind: z.enum(['alert', 'text']),
  state: z.enum(['reserved', 'sending', 'sent', 'failed', 'unknown']),
  tool: z.string(),
  database: z.string().nullable(),
  category: z.string().nullable(),
  currency: z.string().nullable(),
  period: z.string().nullable(),
  period_start: z.string().nullable(),
  threshold: z.string().nullable(),
  spent_minor: z.number().nullable(),
  limit_minor: z.number().nullable(),
  recipient: z.string(),
  body: z.string(),
  sid: z.string().nullable(),
  reason: z.string().nullable(),
  reserved_ms: z.number(),
  sending_ms: z.number().nullable(),
  settled_ms: z.number().nullable(),
  owner: z.string(),
  // Not there before version 2.
  budget_id: z.number().nullish(),
  category_id: z.number().nullish(),
});

/** A send ends within a minute; what is older and open was left behind, wherever its process ran. */
const LONGEST_MS = 10 * 60_000;

const STOPPED_BEFORE = 'SpendWise was stopped before anything was sent';
const STOPPED_DURING = 'SpendWise was stopped while it was sending';

/** A row as the database has it, and what it counts as: an open one whose process is gone is settled by that. */
export function rowOf(raw: unknown, now: number): IntentRow {
  const row = Columns.parse(raw);
  const open = row.state === 'reserved' || row.state === 'sending';
  const leftBehind = open && (now - row.reserved_ms > LONGEST_MS || isGone(ownerOf(row.owner)));
  const during = row.state === 'sending';
  return {
    id: row.id,
    state: leftBehind ? (during ? 'unknown' : 'failed') : row.state,
    tool: row.tool,
    alert: row.kind === 'alert' ? alertOf(row) : undefined,
    recipient: row.recipient,
    body: row.body,
    sid: row.sid ?? undefined,
    reason: leftBehind ? (during ? STOPPED_DURING : STOPPED_BEFORE) : (row.reason ?? undefined),
    reservedAt: new Date(row.reserved_ms),
    sendingAt: dateOf(row.sending_ms),
    settledAt: dateOf(row.settled_ms),
  };
}

const dateOf = (ms: number | null): Date | undefined => (ms === null ? undefined : new Date(ms));

const ownerOf = (text: string): ProcessIdentity => ProcessIdentity.parse(JSON.parse(text));

function alertOf(row: z.infer<typeof Columns>): AlertKey & AlertFigures {
  return {
    database: row.database ?? '',
    budgetId: row.budget_id ?? undefined,
    categoryId: row.category_id ?? undefined,
    category: row.category ?? '',
    currency: row.currency ?? '',
    period: row.period ?? '',
    periodStart: row.period_start ?? '',
    threshold: parseThreshold(row.threshold ?? '') ?? 'over',
    spentMinor: row.spent_minor ?? 0,
    limitMinor: row.limit_minor ?? 0,
  };
}
