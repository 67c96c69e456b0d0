import { parseArgs } from 'node:util';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { z } from 'zod';
import { readDatabase, type SpendingDatabase, timeZoneOf } from './database.ts';
import { DatabaseUnusable } from './database-unusable.ts';
import { toMajor } from './money.ts';
import { parseDate, periodOf, today } from './periods.ts';
import { categoryNames, findTransactions, spendingBy } from './queries.ts';
import { budgetStatuses } from './status.ts';

/**
 * MCP server on stdio: `server.ts DATABASE [--today YYYY-MM-DD]`. Opens the database read-only for every call, so each
 * answer is current. There is no write tool.
 */
const { values, positionals } = parseArgs({ allowPositionals: true, options: { today: { type: 'string' } } });
const [path] = positionals;
const pinned = values.today === undefined ? undefined : parseDate(values.today);
if (path === undefined || (values.today !== undefined && pinned === undefined)) {
  process.stderr.write(
    'error: spending server: wrong arguments\nhint: server.ts DATABASE [--today YYYY-MM-DD]\n',
  );
  process.exit(2);
}

const MAX_GROUPS = 50;
const MAX_TRANSACTIONS = 50;

const annotations = { readOnlyHint: true, openWorldHint: false };
const date = z
  .string()
  .refine((text) => parseDate(text) !== undefined, 'must be a calendar date, YYYY-MM-DD')
  .describe('YYYY-MM-DD');
const from = date.optional().describe('YYYY-MM-DD. Default: start of this month.');
const to = date.optional().describe('Last day, included. Default: today.');

const server = new McpServer(
  { name: 'spending', version: '1.0.0' },
  {
    instructions:
      'Read-only access to budgets and transactions. Amounts are in major units of their currency.',
  },
);

server.registerTool(
  'get_budget_status',
  {
    title: 'Budget status',
    description: 'Every budget: spent, limit, percent, state. Hottest first.',
    inputSchema: z.strictObject({
      as_of: date.optional().describe('YYYY-MM-DD. Default: today.'),
    }),
    outputSchema: {
      as_of: z.string(),
      budgets: z.array(
        z.object({
          category: z.string(),
          currency: z.string(),
          period: z.enum(['week', 'month', 'year']),
          period_start: z.string(),
          spent: z.number().describe('net of refunds, transfers not counted'),
          limit: z.number(),
          percent: z.number().nullable().describe('null: over a budget of 0'),
          state: z
            .enum(['ok', 'warn', 'reached', 'over'])
            .describe('warn from 80 %, reached at exactly 100 %'),
          pending: z.number().describe('part of spent that is not settled'),
        }),
      ),
    },
    annotations,
  },
  ({ as_of }) =>
    answer((db, now) => {
      const day = parseDate(as_of ?? '') ?? now;
      const budgets = budgetStatuses(db, day).map((b) => ({
        category: b.category,
        currency: b.currency,
        period: b.period,
        period_start: b.periodStart,
        spent: toMajor(b.spentMinor, b.currency),
        limit: toMajor(b.limitMinor, b.currency),
        percent: b.percent,
        state: b.state,
        pending: toMajor(b.pendingMinor, b.currency),
      }));
      return { as_of: day.toString(), budgets };
    }),
);

server.registerTool(
  'get_spending',
  {
    title: 'Spending',
    description: `What was spent in a range of days. At most ${MAX_GROUPS} groups.`,
    inputSchema: z.strictObject({ group_by: z.enum(['category', 'merchant', 'day']), from, to }),
    outputSchema: {
      from: z.string(),
      to: z.string(),
      total_groups: z.number(),
      groups: z.array(
        z.object({ key: z.string(), currency: z.string(), spent: z.number(), transactions: z.number() }),
      ),
    },
    annotations,
  },
  (args) =>
    answer((db, now) => {
      const days = range(args, now);
      const { rows, total } = spendingBy(db, args.group_by, days.halfOpen, MAX_GROUPS);
      const groups = rows.map((g) => ({
        key: g.key,
        currency: g.currency,
        spent: toMajor(g.spentMinor, g.currency),
        transactions: g.transactions,
      }));
      return { from: days.from, to: days.to, total_groups: total, groups };
    }),
);

server.registerTool(
  'find_transactions',
  {
    title: 'Find transactions',
    description: 'Transactions, newest first. Amounts below 0 are money out.',
    inputSchema: z.strictObject({
      from,
      to,
      category: z.string().optional().describe('Exact name.'),
      text: z.string().optional().describe('In merchant or description.'),
      pending_only: z.boolean().optional(),
      limit: z.number().int().min(1).max(MAX_TRANSACTIONS).default(20),
    }),
    outputSchema: {
      from: z.string(),
      to: z.string(),
      total: z.number(),
      transactions: z.array(
        z.object({
          date: z.string(),
          amount: z.number(),
          currency: z.string(),
          category: z.string(),
          merchant: z.string(),
          description: z.string(),
          transfer: z.boolean(),
          pending: z.boolean(),
        }),
      ),
    },
    annotations,
  },
  (args) =>
    answer((db, now) => {
      const { category, text, pending_only: pendingOnly } = args;
      const known = categoryNames(db);
      if (category !== undefined && !known.includes(category)) {
        throw new Refused(`there is no category "${category}"; there are: ${known.join(', ')}`);
      }
      const days = range(args, now);
      const found = findTransactions(db, { ...days.halfOpen, category, text, pendingOnly }, args.limit);
      const transactions = found.rows.map(({ amountMinor, transfer, pending, ...row }) => ({
        ...row,
        amount: toMajor(amountMinor, row.currency),
        transfer: transfer === 1,
        pending: pending === 1,
      }));
      return { from: days.from, to: days.to, total: found.total, transactions };
    }),
);

/** Invalid arguments. The message goes back to the caller. */
class Refused extends Error {}

function range(args: { from?: string | undefined; to?: string | undefined }, now: Temporal.PlainDate) {
  const last = parseDate(args.to ?? '') ?? now;
  const first = parseDate(args.from ?? '') ?? Temporal.PlainDate.from(periodOf('month', last).start);
  if (Temporal.PlainDate.compare(first, last) > 0) throw new Refused(`from (${first}) is after to (${last})`);
  const [from, to] = [first.toString(), last.toString()];
  return { from, to, halfOpen: { from, to: last.add({ days: 1 }).toString() } };
}

// #region answer
function answer(query: (db: SpendingDatabase, now: Temporal.PlainDate) => Record<string, unknown>) {
  try {
    const structuredContent = readDatabase(path as string, (db) =>
      query(db, pinned ?? today(timeZoneOf(db))),
    );
    return {
      content: [{ type: 'text' as const, text: JSON.stringify(structuredContent) }],
      structuredContent,
    };
  } catch (error) {
    if (!(error instanceof DatabaseUnusable || error instanceof Refused)) throw error;
    const hint = error instanceof DatabaseUnusable ? `; ${error.hint}` : '';
    return { content: [{ type: 'text' as const, text: `error: ${error.message}${hint}` }], isError: true };
  }
}
// #endregion

await server.connect(new StdioServerTransport());
process.stdout.on('error', () => process.exit(1));
