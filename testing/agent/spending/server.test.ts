import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { originalScenario } from '../../../agent/spending/seed/original.ts';
import { writeSeed } from '../../../agent/spending/seed/write.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { REPO, SOURCES } from '../../support/run.ts';

const TODAY = '2026-11-25';

async function server() {
  const path = join(temporaryFolder(), 'spendwise.db');
  writeSeed(path, originalScenario(Temporal.PlainDate.from(TODAY)), 'Europe/Zurich');
  const client = new Client({ name: 'test', version: '1' });
  const args = [SOURCES, `${REPO}agent/spending/server.ts`, path, '--today', TODAY];
  await client.connect(new StdioClientTransport({ command: process.execPath, args }));
  onTestFinished(() => client.close());
  const call = async (name: string, args: Record<string, unknown> = {}) =>
    (await client.callTool({ name, arguments: args })) as {
      isError?: boolean;
      structuredContent?: Record<string, unknown>;
      content: { text: string }[];
    };
  return { path, client, call };
}

test('every tool is read-only, and says so', async () => {
  const { client } = await server();
  const { tools } = await client.listTools();
  expect(tools.map((tool) => tool.name)).toEqual(['get_budget_status', 'get_spending', 'find_transactions']);
  for (const tool of tools)
    expect(tool.annotations).toMatchObject({ readOnlyHint: true, openWorldHint: false });
});

test('budget status, spending and transactions come from the database', async () => {
  const { call } = await server();
  const { budgets } = (await call('get_budget_status')).structuredContent as { budgets: unknown[] };
  expect(budgets[0]).toMatchObject({
    category: 'Shopping',
    spent: 95,
    limit: 80,
    percent: 119,
    state: 'over',
  });
  const spending = await call('get_spending', { group_by: 'merchant', from: '2026-11-23' });
  expect(spending.structuredContent).toMatchObject({
    from: '2026-11-23',
    to: TODAY,
    total_groups: 9,
    groups: expect.arrayContaining([{ key: 'Zalando', currency: 'CHF', spent: 59.9, transactions: 1 }]),
  });
  const found = await call('find_transactions', { text: 'groc', limit: 1 });
  expect(found.structuredContent).toMatchObject({
    total: 2,
    transactions: [{ merchant: 'Coop', amount: -38.2 }],
  });
});

test('a write by another program is seen by the next call', async () => {
  const { path, call } = await server();
  await call('get_budget_status');
  const db = new Database(path);
  db.exec(
    `INSERT INTO transactions (date, amount_minor, currency, category_id) VALUES ('${TODAY}', -500, 'CHF', 1)`,
  );
  db.close();
  const { budgets } = (await call('get_budget_status')).structuredContent as {
    budgets: { category: string }[];
  };
  expect(budgets.find((b) => b.category === 'Food & Dining')).toMatchObject({ spent: 140 });
});

test('does not run arguments as SQL', async () => {
  const { path, call } = await server();
  const before = readFileSync(path);
  const found = await call('find_transactions', { text: "%' OR 1=1; DROP TABLE transactions; --" });
  expect(found.structuredContent).toMatchObject({ total: 0 });
  expect(readFileSync(path).equals(before)).toBe(true);
});

test.each([
  ['find_transactions', { category: 'Boats' }, /there is no category "Boats"; there are: Food & Dining/],
  ['get_spending', { group_by: 'day', from: '2026-12-01', to: '2026-11-01' }, /is after/],
  ['get_spending', { group_by: 'colour' }, /group_by/],
  ['get_budget_status', { as_of: '2026-02-30' }, /calendar date/],
  ['get_budget_status', { surprise: 1 }, /surprise/],
  ['find_transactions', { limit: 5000 }, /limit/],
])('%s with %o is refused, saying why', async (name, args, why) => {
  const result = await (await server()).call(name, args);
  expect(result.isError).toBe(true);
  expect(result.content[0]?.text).toMatch(why);
});
