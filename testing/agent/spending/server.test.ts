import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import {
  findTransactions,
  prepareQueries,
  spendingBy,
  TookTooLong,
} from '../../../agent/spending/queries.ts';
import { originalScenario } from '../../../agent/spending/seed/original.ts';
import { writeSeed } from '../../../agent/spending/seed/write.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { REPO, SOURCES } from '../../support/run.ts';

const TODAY = '2026-11-25';

async function server(path = demo()) {
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

function demo(): string {
  const path = join(temporaryFolder(), 'spendwise.db');
  writeSeed(path, originalScenario(Temporal.PlainDate.from(TODAY)), 'Europe/Zurich');
  return path;
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
    totals: [{ currency: 'CHF', spent: 290, transactions: 9 }],
    total_groups: 9,
    groups: expect.arrayContaining([{ key: 'Zalando', currency: 'CHF', spent: 59.9, transactions: 1 }]),
  });
  const found = await call('find_transactions', { match: 'groc', limit: 1 });
  expect(found.structuredContent).toMatchObject({
    match: 'text groc',
    total: 2,
    totals: [{ currency: 'CHF', amount: -80.7, transactions: 2 }],
    transactions: [{ merchant: 'Coop', amount: -38.2, account: 'Main' }],
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
  const found = await call('find_transactions', { match: "%' OR 1=1; DROP TABLE transactions; --" });
  expect(found.content[0]?.text).toMatch(/there is nothing/);
  expect(readFileSync(path).equals(before)).toBe(true);
});

test('a word means a category or account of that name, in any case, before it means text', async () => {
  const { path, call } = await server();
  const db = new Database(path);
  db.exec(`INSERT INTO accounts VALUES (2, 'Visa', NULL);
    INSERT INTO transactions (date, amount_minor, currency, category_id, merchant, account_id)
    VALUES ('${TODAY}', -700, 'CHF', 10, 'SHOPPING Zürich', 2), ('${TODAY}', -300, 'CHF', 10, 'Visa fee', 1)`);
  db.close();
  const of = async (match: string) => {
    const { structuredContent } = await call('get_spending', { group_by: 'account', match });
    const { match: understood, groups } = structuredContent as { match: string; groups: { spent: number }[] };
    return [understood, groups.map(({ spent }) => spent)];
  };
  expect(await of('shopping')).toEqual(['category Shopping', [95]]);
  expect(await of('visa')).toEqual(['account Visa', [7]]);
  expect(await of('visa f')).toEqual(['text visa f', [3]]);
  expect(await of('zÜRICH')).toEqual(['text zÜRICH', [7]]);
});

test('compares a range with one of the same length, whole months with whole months', async () => {
  const { path, call } = await server();
  const db = new Database(path);
  db.exec(`DELETE FROM transactions;
    INSERT INTO transactions (date, amount_minor, currency, category_id, merchant, description) VALUES
      ('2026-01-31', -1000, 'CHF', 1, 'a', ''), ('2026-02-01', -2500, 'CHF', 1, 'a', ''),
      ('2026-01-01', -9000, 'CHF', 2, 'b', ''), ('2026-02-28', -9100, 'CHF', 2, 'b', ''),
      ('2026-02-28', -50, 'EUR', 2, 'b', ''), ('2025-12-31', -77777, 'CHF', 2, 'b', '')`);
  db.close();
  const args = { group_by: 'merchant', from: '2026-02-01', to: '2026-02-28', compare_from: '2026-01-01' };
  expect((await call('get_spending', args)).structuredContent).toEqual({
    from: '2026-02-01',
    to: '2026-02-28',
    earlier: { from: '2026-01-01', to: '2026-01-31' },
    totals: [
      { currency: 'CHF', spent: 116, earlier: 100, transactions: 2 },
      { currency: 'EUR', spent: 0.5, earlier: 0, transactions: 1 },
    ],
    total_groups: 3,
    groups: [
      { key: 'a', currency: 'CHF', spent: 25, earlier: 10, transactions: 1 },
      { key: 'b', currency: 'CHF', spent: 91, earlier: 90, transactions: 1 },
      { key: 'b', currency: 'EUR', spent: 0.5, earlier: 0, transactions: 1 },
    ],
  });
  const months = await call('get_spending', { group_by: 'month', from: '2025-12-01', match: 'b' });
  expect(months.structuredContent?.groups).toEqual([
    { key: '2025-12', currency: 'CHF', spent: 777.77, transactions: 1 },
    { key: '2026-01', currency: 'CHF', spent: 90, transactions: 1 },
    { key: '2026-02', currency: 'CHF', spent: 91, transactions: 1 },
    { key: '2026-02', currency: 'EUR', spent: 0.5, transactions: 1 },
  ]);
});

test('finds transactions by amount in units of their currency, the largest or pending ones first', async () => {
  const { path, call } = await server();
  const db = new Database(path);
  db.exec(`DELETE FROM transactions;
    INSERT INTO transactions (date, amount_minor, currency, category_id, merchant, pending) VALUES
      ('2026-11-01', -5000, 'JPY', 1, 'yen', 0), ('2026-11-02', -5000, 'CHF', 1, 'francs', 0),
      ('2026-11-03', -5001, 'CHF', 1, 'a cent more', 0), ('2026-11-04', 4999, 'CHF', 1, 'refund', 0),
      ('2026-11-01', -100, 'CHF', 1, 'waits', 1)`);
  db.close();
  const found = async (args: object) => {
    const { structuredContent } = await call('find_transactions', { ...args });
    const { transactions } = structuredContent as { transactions: { merchant: string }[] };
    return transactions.map(({ merchant }) => merchant);
  };
  expect(await found({ min_amount: 50, max_amount: 50 })).toEqual(['francs']);
  expect(await found({ sort: 'largest' })).toEqual(['yen', 'a cent more', 'francs', 'refund', 'waits']);
  expect(await found({ sort: 'pending', limit: 2 })).toEqual(['waits', 'refund']);
});

test('says where a budget will end at this pace', async () => {
  const { call } = await server();
  const { budgets } = (await call('get_budget_status')).structuredContent as { budgets: object[] };
  expect(budgets[0]).toMatchObject({ category: 'Shopping', spent: 95, forecast: 221.67 });
});

/** More than any import takes. */
const HOSTILE = '"\\\u0007\u001b[2J\u202e\ud800é'.repeat(10_000);

test('an answer is short, whatever the database holds', async () => {
  const path = demo();
  const db = new Database(path);
  db.pragma('ignore_check_constraints = ON');
  db.pragma('foreign_keys = OFF');
  db.transaction(() => {
    const category = db.prepare("INSERT INTO categories (name, kind) VALUES (?, 'expense')");
    const budget = db.prepare(
      "INSERT INTO budgets (category_id, period, limit_minor, currency) VALUES (?, 'week', 0, ?)",
    );
    const transaction = db.prepare(
      `INSERT INTO transactions (date, amount_minor, currency, category_id, merchant, description, transfer, pending)
       VALUES (?, ?, ?, ?, ?, ?, 0, 1)`,
    );
    for (let at = 0; at < 3_000; at += 1) {
      const text = at < 55 ? `${at}${HOSTILE}` : `${at}`;
      const { lastInsertRowid: id } = category.run(text);
      const letters = [676, 26, 1].map((unit) => String.fromCharCode(65 + (Math.floor(at / unit) % 26)));
      const currency = letters.join('');
      budget.run(id, currency);
      transaction.run(TODAY, -(2 ** 53) + at, currency, id, text, text);
    }
  })();
  db.close();
  const { call } = await server(path);
  const calls: [string, object][] = [
    ['get_budget_status', {}],
    ...['category', 'merchant', 'account', 'month', 'day'].map((group_by): [string, object] => [
      'get_spending',
      { group_by, compare_from: '2026-01-01' },
    ]),
    ['find_transactions', { limit: 50 }],
    ['find_transactions', { limit: 50, sort: 'largest' }],
    ['find_transactions', { match: 'x'.repeat(120) }],
  ];
  for (const [name, args] of calls) {
    const { content } = await call(name, { ...args });
    const text = content[0]?.text ?? '';
    // The app cuts at 20,000 characters, and what is cut is no table.
    expect(text.length, name).toBeLessThan(20_000);
    expect(text).toBe(text.toWellFormed());
    expect(text).not.toMatch(/\\u00|[\p{Cc}\p{Bidi_Control}]/u);
  }
});

test('a query ends after its time, however many rows there are', () => {
  const path = demo();
  const db = new Database(path);
  onTestFinished(() => void db.close());
  db.exec(
    `INSERT INTO transactions (id, date, amount_minor, currency, category_id) VALUES (1024, '${TODAY}', -1, 'CHF', 1)`,
  );
  const range = { from: '2026-11-01', to: '2026-12-01' };
  prepareQueries(db, -1);
  expect(() => spendingBy(db, 'merchant', range, 50)).toThrow(TookTooLong);
  expect(() => findTransactions(db, range, 'newest', 20)).toThrow(TookTooLong);
});

test.each([
  ['find_transactions', { match: 'Boats' }, /text "Boats"; categories: Food & Dining, .*; accounts: Main$/],
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
