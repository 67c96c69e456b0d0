import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { inTurns, type Sample, timed } from './measure.ts';
import { plainSpending } from './ready.ts';
import { type Row, row } from './rows.ts';
import { makeDatabase, ofSize } from './sizes.ts';

const ROUNDS = 9;
const SIZE = 1_000_000;

const today = Temporal.Now.plainDateISO();
const year = { from: today.subtract({ years: 1 }).toString() };

/** What the agent asks most, and what costs most: the whole of ten years. */
const QUESTIONS: readonly (readonly [what: string, tool: string, args: Record<string, unknown>])[] = [
  ['where, this month', 'get_spending', { group_by: 'merchant' }],
  ['by month, a year', 'get_spending', { group_by: 'month', ...year }],
  [
    'biggest changes since a year ago',
    'get_spending',
    { group_by: 'category', compare_from: today.with({ day: 1 }).subtract({ years: 1 }).toString() },
  ],
  ['largest purchases, a year', 'find_transactions', { sort: 'largest', ...year }],
  ['a word, a year', 'find_transactions', { match: 'shop 17', ...year }],
  ['where, ten years', 'get_spending', { group_by: 'merchant', from: '2000-01-01' }],
];

/** Calls of the spending server as a plain child, on a household with many transactions. */
export async function questionRows(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'questions-bench-'));
  const client = new Client({ name: 'bench', version: '1' });
  try {
    const database = join(folder, 'spendwise.db');
    makeDatabase(database, SIZE);
    const { program, args } = plainSpending({ SPENDWISE_DB: database });
    await client.connect(new StdioClientTransport({ command: program, args: [...args] }));
    const asking = (name: string, args: Record<string, unknown>) =>
      timed(async () => {
        const { isError, content } = await client.callTool({ name, arguments: args });
        if (isError) throw new Error(JSON.stringify(content));
      });
    const figures = await inTurns<string>(ROUNDS, {
      budgets: asking('get_budget_status', {}),
      ...Object.fromEntries(
        QUESTIONS.map(([what, tool, args]): [string, Sample] => [what, asking(tool, args)]),
      ),
    });
    const { budgets, ...asked } = figures;
    return Object.entries(asked).map(([what, answered]) =>
      row(ofSize(`agent asks ${what}`, SIZE), answered, {
        ...(budgets ? { baseline: ['get_budget_status', budgets] } : {}),
      }),
    );
  } finally {
    await client.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
