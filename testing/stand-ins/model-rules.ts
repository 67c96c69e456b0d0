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
  currency: string;
  spent: number;
  limit: number;
  percent: number | null;
  state: 'ok' | 'warn' | 'reached' | 'over';
}

export function nextStep(turn: Turn): Step {
  const order = turn.order.toLowerCase();
  const rule =
    /\b(text|sms)\b|\bsend\b.*\bmessage\b/.test(order) && !/\balert/.test(order)
      ? sendText
      : /\b(budgets?|alerts?|warn|notify)\b/.test(order)
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
    | { from: string; to: string; groups?: { key: string; currency: string; spent: number }[] }
    | undefined;
  if (result === undefined) {
    const groupBy = /\b(where|merchants?|shops?)\b/.test(order)
      ? 'merchant'
      : /\bdays?\b/.test(order)
        ? 'day'
        : 'category';
    return {
      call: 'get_spending',
      args: { group_by: groupBy, from: startOf(order, turn.today), to: turn.today },
    };
  }
  if (!Array.isArray(result.groups))
    return { say: `I could not read the spending: ${JSON.stringify(result)}` };
  const word = order.match(/\bon ([a-z&]+)/)?.[1];
  const wanted = result.groups.filter(
    (group) => word !== undefined && group.key.toLowerCase().includes(word),
  );
  const groups = (wanted.length > 0 ? wanted : result.groups).slice(0, 5);
  const list = groups.map((g) => `${g.key} ${g.currency} ${g.spent}`).join(', ') || 'nothing';
  return { say: `From ${result.from} to ${result.to}: ${list}.` };
}

function findTransactions(turn: Turn, order: string): Step {
  if (!turn.tools.has('find_transactions')) return missing('find_transactions');
  const result = resultOf(turn, 'find_transactions') as
    | { total: number; transactions?: { date: string; amount: number; currency: string; merchant: string }[] }
    | undefined;
  if (result === undefined) {
    return {
      call: 'find_transactions',
      args: { from: startOf(order, turn.today), to: turn.today, limit: 10 },
    };
  }
  if (!Array.isArray(result.transactions)) return { say: `I could not read them: ${JSON.stringify(result)}` };
  const rows = result.transactions.map((t) => `${t.date} ${t.merchant} ${t.currency} ${t.amount}`);
  return { say: `${result.total} transactions: ${rows.join(', ') || 'none'}.` };
}

function startOf(order: string, today: string): string {
  const day = Temporal.PlainDate.from(today);
  if (/\bweek\b/.test(order)) return day.subtract({ days: day.dayOfWeek - 1 }).toString();
  if (/\byear\b/.test(order)) return day.with({ month: 1, day: 1 }).toString();
  return day.with({ day: 1 }).toString();
}
