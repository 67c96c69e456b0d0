import { parseArgs } from 'node:util';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { z } from 'zod';
import { fitting, listed, name, words } from './answer-bounds.ts';
import { readDatabase, type SpendingDatabase, timeZoneOf } from './database.ts';
import { DatabaseUnusable } from './database-unusable.ts';
import { forecastMinor } from './forecast.ts';
import { toMajor } from './money.ts';
import { parseDate, periodOf, today } from './periods.ts';
import {
  accountNames,
  categoryNames,
  findTransactions,
  type Match,
  meant,
  prepareQueries,
  type SpendingGroup,
  spendingBy,
  TookTooLong,
} from './queries.ts';
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

/** Rows in an answer. */
const MAX_ROWS = 50;
const MAX_CURRENCIES = 20;
const MAX_MS = 10_000;

const annotations = { readOnlyHint: true, openWorldHint: false };
const date = z
  .string()
  .refine((text) => parseDate(text) !== undefined, 'must be a calendar date, YYYY-MM-DD');
// What a description of a tool says already is not repeated here: it costs tokens in every request.
const from = date.optional();
const to = date.optional().describe('Included.');
const match = z
  .string()
  .min(1)
  .max(120)
  .optional()
  .describe('Category, account, or text in merchant or description.');
const totals = z.array(z.looseObject({ currency: z.string(), transactions: z.number() }));

const server = new McpServer(
  { name: 'spending', version: '1.0.0' },
  {
    instructions:
      'Read-only access to budgets and transactions. Amounts are in major units of their currency, dates are YYYY-MM-DD.',
  },
);

server.registerTool(
  'get_budget_status',
  {
    title: 'Budget status',
    description: 'Every budget: spent, limit, percent, state, forecast. Hottest first.',
    inputSchema: z.strictObject({ as_of: date.optional() }),
    outputSchema: {
      as_of: z.string(),
      total: z.number(),
      budgets: z.array(
        z.object({
          category: z.string(),
          currency: z.string(),
          period: z.enum(['week', 'month', 'year']),
          spent: z.number().describe('net of refunds, transfers not counted'),
          limit: z.number(),
          percent: z.number().nullable().describe('null: over a budget of 0'),
          state: z
            .enum(['ok', 'warn', 'reached', 'over'])
            .describe('warn from 80 %, reached at exactly 100 %'),
          pending: z.number().optional().describe('part of spent that is not settled'),
          forecast: z.number().optional().describe('at the end of the period, at this pace'),
        }),
      ),
    },
    annotations,
  },
  ({ as_of }) =>
    answer((db, now) => {
      const day = parseDate(as_of ?? '') ?? now;
      const statuses = budgetStatuses(db, day);
      const budgets = statuses.slice(0, MAX_ROWS).map((b) => {
        const forecast = forecastMinor(b, day);
        return {
          category: name(b.category),
          currency: b.currency,
          period: b.period,
          spent: toMajor(b.spentMinor, b.currency),
          limit: toMajor(b.limitMinor, b.currency),
          percent: b.percent,
          state: b.state,
          ...(b.pendingMinor === 0 ? {} : { pending: toMajor(b.pendingMinor, b.currency) }),
          ...(forecast === undefined ? {} : { forecast: toMajor(forecast, b.currency) }),
        };
      });
      return { as_of: day.toString(), total: statuses.length, budgets: fitting(budgets) };
    }),
);

server.registerTool(
  'get_spending',
  {
    title: 'Spending',
    description: 'Spending by group and in all, by default this month. Largest first.',
    inputSchema: z.strictObject({
      group_by: z.enum(['category', 'merchant', 'account', 'month', 'day']),
      from,
      to,
      match,
      compare_from: date.optional().describe('Start of a range to compare with: biggest change first.'),
    }),
    outputSchema: {
      from: z.string(),
      to: z.string(),
      match: z.string().optional(),
      earlier: z.object({ from: z.string(), to: z.string() }).optional(),
      totals,
      total_groups: z.number(),
      groups: z.array(z.looseObject({ key: z.string(), currency: z.string(), spent: z.number() })),
    },
    annotations,
  },
  ({ group_by, compare_from, ...args }) =>
    answer((db, now) => {
      const days = range(args, now);
      const match = args.match === undefined ? undefined : meant(db, args.match);
      const earlier = compare_from === undefined ? undefined : sameLength(days, compare_from);
      const spent = ({ key, currency, spentMinor, earlierMinor, transactions }: SpendingGroup) => ({
        ...(key === '' ? {} : { key: words(key) }),
        currency,
        spent: toMajor(spentMinor, currency),
        ...(earlier ? { earlier: toMajor(earlierMinor, currency) } : {}),
        transactions,
      });
      const all = spendingBy(db, 'all', days.halfOpen, MAX_CURRENCIES, match, earlier?.halfOpen);
      const groups = spendingBy(db, group_by, days.halfOpen, MAX_ROWS, match, earlier?.halfOpen);
      if (match && all.length === 0) throw nothing(db, match, days);
      return {
        ...understood(days, match),
        ...(earlier ? { earlier: { from: earlier.from, to: earlier.to } } : {}),
        totals: all.map(spent),
        total_groups: groups[0]?.total ?? 0,
        groups: fitting(groups.map((group) => ({ ...spent(group), key: words(group.key) }))),
      };
    }),
);

server.registerTool(
  'find_transactions',
  {
    title: 'Find transactions',
    description: 'Transactions and their totals, by default this month. Below 0 is money out.',
    inputSchema: z.strictObject({
      from,
      to,
      match,
      min_amount: z.number().min(0).optional().describe('Without sign.'),
      max_amount: z.number().min(0).optional(),
      sort: z.enum(['newest', 'largest', 'pending']).default('newest'),
      limit: z.number().int().min(1).max(MAX_ROWS).default(20),
    }),
    outputSchema: {
      from: z.string(),
      to: z.string(),
      match: z.string().optional(),
      total: z.number(),
      totals,
      transactions: z.array(
        z.object({
          date: z.string(),
          amount: z.number(),
          currency: z.string(),
          category: z.string(),
          account: z.string(),
          merchant: z.string(),
          description: z.string(),
          transfer: z.literal(true).optional(),
          pending: z.literal(true).optional(),
        }),
      ),
    },
    annotations,
  },
  ({ min_amount: minAmount, max_amount: maxAmount, sort, limit, ...args }) =>
    answer((db, now) => {
      const days = range(args, now);
      const match = args.match === undefined ? undefined : meant(db, args.match);
      const found = findTransactions(db, { ...days.halfOpen, match, minAmount, maxAmount }, sort, limit);
      if (match && found.totals.length === 0) throw nothing(db, match, days);
      const transactions = found.rows.map((row) => ({
        date: row.date,
        amount: toMajor(row.amountMinor, row.currency),
        currency: row.currency,
        category: name(row.category),
        account: name(row.account),
        merchant: words(row.merchant),
        description: words(row.description),
        ...(row.transfer ? { transfer: true } : {}),
        ...(row.pending ? { pending: true } : {}),
      }));
      return {
        ...understood(days, match),
        total: found.totals.reduce((sum, { transactions }) => sum + transactions, 0),
        totals: found.totals.slice(0, MAX_CURRENCIES).map(({ currency, amountMinor, transactions }) => ({
          currency,
          amount: toMajor(amountMinor, currency),
          transactions,
        })),
        transactions: fitting(transactions),
      };
    }),
);

/** Invalid arguments. The message goes back to the caller. */
class Refused extends Error {}

type Days = ReturnType<typeof range>;

function range(args: { from?: string | undefined; to?: string | undefined }, now: Temporal.PlainDate) {
  const last = parseDate(args.to ?? '') ?? now;
  const first = parseDate(args.from ?? '') ?? Temporal.PlainDate.from(periodOf('month', last).start);
  if (Temporal.PlainDate.compare(first, last) > 0) throw new Refused(`from (${first}) is after to (${last})`);
  const [from, to] = [first.toString(), last.toString()];
  return { from, to, halfOpen: { from, to: last.add({ days: 1 }).toString() } };
}

/** As many whole months and days, from another day on. */
function sameLength({ halfOpen }: Days, start: string): Days {
  const length = Temporal.PlainDate.from(halfOpen.from).until(halfOpen.to, { largestUnit: 'months' });
  const end = Temporal.PlainDate.from(start).add(length);
  return range({ from: start, to: end.subtract({ days: 1 }).toString() }, end);
}

/** How a call was understood. */
const understood = ({ from, to }: Days, match: Match | undefined) => ({
  from,
  to,
  ...(match ? { match: `${match[0]} ${name(match[1])}` } : {}),
});

function nothing(db: SpendingDatabase, [what, value]: Match, { from, to }: Days): Refused {
  const names = `categories: ${listed(categoryNames(db))}; accounts: ${listed(accountNames(db))}`;
  return new Refused(`there is nothing from ${from} to ${to} with the ${what} "${name(value)}"; ${names}`);
}

// #region answer
function answer(query: (db: SpendingDatabase, now: Temporal.PlainDate) => Record<string, unknown>) {
  try {
    const structuredContent = readDatabase(path as string, (db) => {
      prepareQueries(db, MAX_MS);
      return query(db, pinned ?? today(timeZoneOf(db)));
    });
    return {
      content: [{ type: 'text' as const, text: JSON.stringify(structuredContent) }],
      structuredContent,
    };
  } catch (error) {
    if (error instanceof TookTooLong) return refusal(`${error.message}; ask for fewer days`);
    if (!(error instanceof DatabaseUnusable || error instanceof Refused)) throw error;
    const hint = error instanceof DatabaseUnusable ? `; ${error.hint}` : '';
    return refusal(`${error.message}${hint}`);
  }
}
// #endregion

const refusal = (why: string) => ({
  content: [{ type: 'text' as const, text: `error: ${why}` }],
  isError: true,
});

await server.connect(new StdioServerTransport());
process.stdout.on('error', () => process.exit(1));
