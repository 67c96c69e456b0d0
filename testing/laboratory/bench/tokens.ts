import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import type { Model, ModelRequest } from '../../../agent/models/model.ts';
import { openAiModel } from '../../../agent/models/openai.ts';
import { writeSeed } from '../../../agent/spending/seed/write.ts';
import { yearScenario } from '../../../agent/spending/seed/year.ts';
import { startModelStandIn } from '../../stand-ins/model.ts';
import { startTwilioStandIn } from '../../stand-ins/twilio.ts';
import { ACCOUNT, householdEnvironment } from '../../support/household.ts';
import { benchSession } from './bench-session.ts';
import { type Row, row } from './rows.ts';
import { ONE_TOOL, type SqlTools, sqlRun, THREE_TOOLS } from './sql-agent.ts';

/** A fixed day, so that the figures do not depend on when the bench runs. */
const DAY = Temporal.PlainDate.from('2026-11-20');

const ORDERS = [
  'Check my budgets and alert me',
  'How much did I spend on food this month?',
  'Where did I spend the most this month?',
] as const;

/**
 * Tokens that whole runs need, instructions, tools and results of every request and what the model writes: with our
 * tools, against tools that take SQL over the same data, driven by a model that knows what it is doing (it looks at
 * the schema once and lets the database sum, in one query). All have the same tools for sending. Counted with o200k, which is how
 * OpenAI's models count text; what an endpoint adds around it is in neither.
 */
export async function tokenRows(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'tokens-bench-'));
  const twilio = await startTwilioStandIn(ACCOUNT);
  const endpoint = await startModelStandIn();
  const env = householdEnvironment(folder, twilio.url);
  writeSeed(env.SPENDWISE_DB, yearScenario(DAY, 1), 'Europe/Zurich');
  const requests: ModelRequest[] = [];
  const scripted = openAiModel({ apiKey: 'x', baseUrl: endpoint.url.href, model: 'scripted' });
  const model: Model = {
    name: 'recorded',
    respond: (request) => {
      requests.push({ ...request, input: [...request.input] });
      return scripted.respond(request);
    },
  };
  const signal = new AbortController().signal;
  const session = await benchSession(env, model, DAY);
  try {
    const runs: { order: string; ours: number; sql: Map<SqlTools, number> }[] = [];
    for (const order of ORDERS) {
      requests.length = 0;
      let answer = '';
      for await (const event of session.run(order, signal)) if (event.type === 'answer') answer = event.text;
      // Each order by itself: what a chat has said before is in neither.
      const own = requests.map((request) => ({ ...request, input: sinceLastOrder(request.input) }));
      const sends = session.door.tools.filter(({ server }) => server === 'sms').map((tool) => tool.function);
      const sql = BASELINES.map((tools): [SqlTools, number] => [
        tools,
        tokensOf(sqlRun(tools, order, env.SPENDWISE_DB, DAY, own, sends), answer),
      ]);
      runs.push({ order, ours: tokensOf(own, answer), sql: new Map(sql) });
    }
    return BASELINES.flatMap((tools) => {
      const [ours, sql] = [sum(runs.map((run) => run.ours)), sum(runs.map((run) => run.sql.get(tools) ?? 0))];
      return [
        tokenRow(`tokens of ${ORDERS.length} runs`, tools, ours, sql, AIMS[tools.name]),
        ...runs.map((run) => tokenRow(`tokens: "${run.order}"`, tools, run.ours, run.sql.get(tools) ?? 0)),
      ];
    });
  } finally {
    await session.close();
    await Promise.all([endpoint.close(), twilio.close()]);
    rmSync(folder, { recursive: true, force: true });
  }
}

const BASELINES = [ONE_TOOL, THREE_TOOLS];
const AIMS = { [ONE_TOOL.name]: 0.6, [THREE_TOOLS.name]: 0.5 };
const sum = (figures: readonly number[]) => figures.reduce((total, figure) => total + figure, 0);

const tokenRow = (name: string, { name: baseline }: SqlTools, ours: number, sql: number, aim?: number): Row =>
  row(
    name,
    { p50: ours, p99: undefined },
    {
      unit: 'tokens',
      ...(aim === undefined ? {} : { aim }),
      baseline: [baseline, { p50: sql, p99: undefined }],
    },
  );

function sinceLastOrder(input: ModelRequest['input']): ModelRequest['input'] {
  return input.slice(input.findLastIndex((item) => 'role' in item && item.role === 'user'));
}

/** All that goes in, request by request, and all that the model writes, once. */
function tokensOf(requests: readonly ModelRequest[], answer: string): number {
  const last = requests.at(-1);
  const written = (last?.input ?? []).filter((item) => 'type' in item && item.type === 'function_call');
  const read = requests.reduce(
    (sum, { instructions, tools, input }) =>
      sum + countTokens(instructions) + tools.reduce((all, tool) => all + count(tool), 0) + items(input),
    0,
  );
  return read + items(written) + countTokens(answer);
}

const count = (value: unknown): number => countTokens(JSON.stringify(value));

/** The words of items, not their ids. */
const items = (input: ModelRequest['input']): number =>
  input.reduce((sum, item) => {
    if ('output' in item && typeof item.output === 'string') return sum + countTokens(item.output);
    if ('arguments' in item) return sum + countTokens(`${'name' in item ? item.name : ''}${item.arguments}`);
    return sum + count('content' in item ? item.content : item);
  }, 0);
