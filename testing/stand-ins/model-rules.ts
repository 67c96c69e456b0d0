/**
 * The scripted model's rules: an order and the tool results so far, to the next step. No AI, and no canned figure:
 * every number comes out of a tool result.
 */
export interface Turn {
  /** What the person said last. */
  readonly order: string;
  /** YYYY-MM-DD, from the instructions. */
  readonly today: string;
  /** Tools on offer, by their name without the server's prefix. */
  readonly tools: ReadonlySet<string>;
  /** Calls made since the order, with what they gave; in order. */
  readonly done: readonly { tool: string; args: Record<string, unknown>; result: unknown }[];
}

export type Step = { call: string; args: Record<string, unknown> } | { say: string };

interface Budget {
  category: string;
  period?: string;
  currency: string;
  spent: number;
  limit: number;
  percent: number | null;
  state: 'ok' | 'warn' | 'reached' | 'over';
  forecast?: number | null;
}

export function nextStep(turn: Turn): Step {
  const order = turn.order.toLowerCase();
  const rule =
    /\b(text|sms)\b|\bsend\b.*\bmessage\b/.test(order) && !/\balert/.test(order)
      ? sendText
      : /\b(budgets?|alerts?|warn|notify|forecasts?)\b/.test(order)
        ? checkBudgets
        : /\b(transactions?|purchases?|find|list|show)\b/.test(order)
          ? findTransactions
          : /\b(spen[dt]|spending|most|much|where)\b/.test(order)
            ? sumSpending
            : undefined;
  return rule?.(turn, order) ?? { say: `I follow a few fixed rules. Ask me, for example: ${EXAMPLES}` };
}

const EXAMPLES =
  '"Check my budgets and alert me", "Where did I spend the most this month?", "Send me an SMS that says hello".';

const resultOf = (turn: Turn, tool: string) => turn.done.find((step) => step.tool === tool)?.result;
const missing = (tool: string): Step => ({ say: `I cannot do that: I was given no ${tool} tool.` });

function checkBudgets(turn: Turn, order: string): Step {
  if (!turn.tools.has('get_budget_status')) return missing('get_budget_status');
  const status = resultOf(turn, 'get_budget_status');
  if (status === undefined) return { call: 'get_budget_status', args: {} };
  const budgets = (status as { budgets?: Budget[] }).budgets;
  if (!Array.isArray(budgets)) return { say: `I could not read the budgets: ${JSON.stringify(status)}` };
  if (/\bforecast/.test(order)) {
    const expected = budgets.filter(({ forecast }) => typeof forecast === 'number');
    const of = expected.map((b) => `${b.category}: ${b.currency} ${b.forecast} of ${b.limit} a ${b.period}`);
    return { say: `At this pace, ${of.join('. ') || 'it is too early to tell'}.` };
  }
  const hot = budgets.filter((budget) => budget.state !== 'ok');
  const lines = hot.map((b) => `${b.category}: ${b.currency} ${b.spent} of ${b.limit}${percentText(b)}`);
  const summary =
    hot.length === 0
      ? 'Every budget is in order.'
      : `${hot.length} of ${budgets.length} budgets run hot. ${lines.join('. ')}.`;
  if (!/\b(alerts?|warn|notify|text)\b/.test(order) || hot.length === 0) return { say: summary };
  if (!turn.tools.has('send_budget_alert')) return { say: `${summary} I was given no tool to send alerts.` };

  const sent = turn.done.filter((step) => step.tool === 'send_budget_alert');
  const next = hot.find((budget) => !sent.some((step) => step.args.category === budget.category));
  if (next) {
    const { category, spent, limit: budget, currency } = next;
    return { call: 'send_budget_alert', args: { category, spent, budget, currency } };
  }
  const outcomes = sent.map((step) => `${step.args.category} ${outcomeText(step.result)}`);
  return { say: `${summary} Alerts: ${outcomes.join(', ')}.` };
}

const percentText = ({ percent }: Budget): string => (percent === null ? '' : ` (${percent}%)`);

/** "queued" is never called delivered. */
function outcomeText(result: unknown): string {
  const { status, reason, denied } = (result ?? {}) as { status?: string; reason?: string; denied?: boolean };
  if (denied) return `denied (${reason})`;
  return status ?? `unclear (${JSON.stringify(result)})`;
}

function sendText(turn: Turn): Step {
  if (!turn.tools.has('send_sms')) return missing('send_sms');
  const result = resultOf(turn, 'send_sms');
  if (result !== undefined) return { say: `The text is ${outcomeText(result)}.` };
  const number = /\+\d[\d ()-]{6,}\d/.exec(turn.order)?.[0];
  const message = /(?:\bsays?\b|\bsaying\b|:)\s*["“]?(.+?)["”]?\s*$/is.exec(turn.order)?.[1] ?? turn.order;
  return { call: 'send_sms', args: { message, ...(number === undefined ? {} : { to: number }) } };
}

function sumSpending(turn: Turn, order: string): Step {
  if (!turn.tools.has('get_spending')) return missing('get_spending');
  const result = resultOf(turn, 'get_spending') as
    | { from: string; to: string; groups?: Group[]; earlier?: { from: string; to: string } }
    | undefined;
  if (result === undefined) {
    const [from, to] = [startOf(order, turn.today), turn.today];
    const earlier = /\b(compared?|than|changed)\b/.test(order) ? { compare_from: monthBefore(from) } : {};
    return { call: 'get_spending', args: { group_by: groupOf(order), from, to, ...earlier } };
  }
  if (!Array.isArray(result.groups))
    return { say: `I could not read the spending: ${JSON.stringify(result)}` };
  const word = order.match(/\bon ([a-z&]+)/)?.[1];
  const wanted = result.groups.filter(
    (group) => word !== undefined && group.key.toLowerCase().includes(word),
  );
  const groups = (wanted.length > 0 ? wanted : result.groups).slice(0, groupOf(order) === 'month' ? 12 : 5);
  const list = groups.map((g) => `${g.key} ${g.currency} ${g.spent}${before(g)}`).join(', ') || 'nothing';
  const than = result.earlier ? `, and before from ${result.earlier.from} to ${result.earlier.to}` : '';
  return { say: `From ${result.from} to ${result.to}${than}: ${list}.` };
}

interface Group {
  key: string;
  currency: string;
  spent: number;
  earlier?: number;
}

const before = ({ earlier }: Group): string => (earlier === undefined ? '' : ` (before ${earlier})`);

function groupOf(order: string): string {
  if (/\b(where|merchants?|shops?)\b/.test(order)) return 'merchant';
  if (/\baccounts?\b/.test(order)) return 'account';
  if (/\b(months|by month|each month)\b/.test(order)) return 'month';
  return /\bdays?\b/.test(order) ? 'day' : 'category';
}

const monthBefore = (day: string): string => Temporal.PlainDate.from(day).subtract({ months: 1 }).toString();

function findTransactions(turn: Turn, order: string): Step {
  if (!turn.tools.has('find_transactions')) return missing('find_transactions');
  const result = resultOf(turn, 'find_transactions') as
    | { total: number; transactions?: { date: string; amount: number; currency: string; merchant: string }[] }
    | undefined;
  if (result === undefined) {
    const sort = /\b(biggest|largest)\b/.test(order) ? { sort: 'largest' } : {};
    return {
      call: 'find_transactions',
      args: { from: startOf(order, turn.today), to: turn.today, ...sort, limit: 10 },
    };
  }
  if (!Array.isArray(result.transactions)) return { say: `I could not read them: ${JSON.stringify(result)}` };
  const rows = result.transactions.map((t) => `${t.date} ${t.merchant} ${t.currency} ${t.amount}`);
  return { say: `${result.total} transactions: ${rows.join(', ') || 'none'}.` };
}

function startOf(order: string, today: string): string {
  const day = Temporal.PlainDate.from(today);
  if (/\bweek\b/.test(order)) return day.subtract({ days: day.dayOfWeek - 1 }).toString();
  if (/\b(year|months)\b/.test(order)) return day.with({ month: 1, day: 1 }).toString();
  return day.with({ day: 1 }).toString();
}
