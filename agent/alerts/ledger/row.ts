import { isGone, ProcessIdentity } from '@spendwise/sandbox/process-identity';
import { z } from 'zod';
import { parseThreshold, type Threshold } from '../thresholds.ts';

const STATES = ['reserved', 'sending', 'sent', 'delivered', 'undelivered', 'failed', 'unknown'] as const;
export type IntentState = (typeof STATES)[number];

/** Identifies an alert. There is at most one for each key. */
export interface AlertKey {
  /** The database's file, absolute. */
  readonly database: string;
  /** Row ids in that database. */
  readonly budgetId: number;
  readonly categoryId: number;
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

/** What an alert says, or a summary about one budget. */
export type Told = AlertKey & AlertFigures;

export interface AlertRow extends Told {
  /** The least spending that a run saw later, if it was below the threshold. */
  readonly fellToMinor?: number | undefined;
}

export interface IntentRow {
  readonly id: number;
  readonly state: IntentState;
  readonly tool: string;
  readonly alert: AlertRow | undefined;
  /** E.164 */
  readonly recipient: string;
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
  state: z.enum(STATES),
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
  budget_id: z.number().nullable(),
  category_id: z.number().nullable(),
  fell_minor: z.number().nullable(),
});

/** A send ends within a minute. An older open row was left behind, on whatever machine. */
const LONGEST_MS = 10 * 60_000;

const STOPPED_BEFORE = 'SpendWise was stopped before it sent anything';
const STOPPED_DURING = 'SpendWise was stopped while it was sending';

/** Parses a row. An open row whose process has ended is `failed` before the send, and `unknown` during it. */
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

function alertOf(row: z.infer<typeof Columns>): AlertRow {
  return {
    database: row.database ?? '',
    budgetId: row.budget_id ?? 0,
    categoryId: row.category_id ?? 0,
    category: row.category ?? '',
    currency: row.currency ?? '',
    period: row.period ?? '',
    periodStart: row.period_start ?? '',
    threshold: parseThreshold(row.threshold ?? '') ?? 'over',
    spentMinor: row.spent_minor ?? 0,
    limitMinor: row.limit_minor ?? 0,
    fellToMinor: row.fell_minor ?? undefined,
  };
}
