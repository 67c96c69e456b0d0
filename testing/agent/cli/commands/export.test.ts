import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { expect, test } from 'vitest';
import { createSchema, openForWriting, readDatabase } from '../../../../agent/spending/database.ts';
import { decimalOf, minorOf } from '../../../../agent/spending/money.ts';
import { dockerRequired } from '../../../support/docker-required.ts';
import { temporaryFolder } from '../../../support/folder.ts';
import { spendwiseHere } from '../../../support/in-process.ts';
import { runProgram, spendwise } from '../../../support/run.ts';

interface Transaction {
  readonly date: string;
  readonly amountMinor: number;
  readonly currency: string;
  readonly category: string;
  readonly account: string;
  readonly merchant: string;
  readonly description: string;
  readonly pending: boolean;
  readonly transfer: boolean;
}

const one = (change: Partial<Transaction> = {}): Transaction => ({
  date: '2026-11-23',
  amountMinor: -4250,
  currency: 'CHF',
  category: 'Food',
  account: 'Main',
  merchant: 'Migros',
  description: 'Groceries',
  pending: false,
  transfer: false,
  ...change,
});

/** Categories whose name begins with "Pay" are income. */
function databaseOf(rows: readonly Transaction[]): string {
  const path = join(temporaryFolder(), 'spendwise.db');
  const db = openForWriting(path);
  const fill = () => {
    createSchema(db);
    const category = db.prepare('INSERT OR IGNORE INTO categories (name, kind) VALUES (?, ?)');
    const account = db.prepare('INSERT OR IGNORE INTO accounts (name) VALUES (?)');
    const transaction = db.prepare(
      `INSERT INTO transactions (date, amount_minor, currency, category_id, account_id, merchant, description, pending, transfer)
       VALUES (?, ?, ?, (SELECT id FROM categories WHERE name = ?), (SELECT id FROM accounts WHERE name = ?), ?, ?, ?, ?)`,
    );
    for (const t of rows) {
      category.run(t.category, t.category.startsWith('Pay') ? 'income' : 'expense');
      account.run(t.account);
      const { date, amountMinor, currency, merchant, description } = t;
      transaction.run(
        date,
        amountMinor,
        currency,
        t.category,
        t.account,
        merchant,
        description,
        Number(t.pending),
        Number(t.transfer),
      );
    }
  };
  db.transaction(fill)();
  db.close();
  return path;
}

const exported = (path: string, ...args: string[]) =>
  spendwiseHere(['export', ...args], { env: { SPENDWISE_DB: path } });
const ok = async (path: string, ...args: string[]) => {
  const ran = await exported(path, ...args);
  expect(ran).toMatchObject({ code: 0, stderr: '' });
  return ran.stdout;
};

/** Names and texts that mean something to a spreadsheet, a terminal, hledger or ledger. */
const HOSTILE = [
  'a:b',
  'a-b',
  'a;b',
  'a,b',
  'two  spaces',
  '(virtual)',
  '[balanced]',
  '(open',
  '* starred',
  '! flagged',
  '= auto',
  '~ monthly',
  '"quoted"',
  'CHF 5 @ EUR 6',
  'a | b',
  '; comment',
  '# comment',
  '{cost}',
  '2026-01-01 * x',
  'include /etc/passwd',
  'end',
  '%fmt',
  '=1+1',
  '+1',
  '-1',
  '@SUM(1)',
  "'=1",
  "''",
  'line\nbreak',
  'tab\there',
  '\u001b[31mred',
  'right\u202eleft',
  '   ',
  ' ',
  '日本語',
  '🛒',
  'Café',
  ':',
  ';',
  '|',
  '(',
  ')',
  '-',
  'date:2026-99-99',
  '[2026-99-99]',
  'é'.repeat(60),
  '\\',
  '$(id)',
  '`id`',
  'Pay;roll',
  'Pay:roll',
  'Pay(roll)',
];
const hostile = () =>
  HOSTILE.flatMap((text, n) => [
    one({ category: text, amountMinor: -100 - n }),
    one({ account: text, currency: 'JPY', amountMinor: -n - 1, date: '2025-12-31' }),
    one({
      merchant: text,
      description: text.repeat(3),
      currency: 'KWD',
      amountMinor: 1000 + n,
      pending: true,
    }),
    one({
      merchant: text,
      description: '',
      transfer: true,
      category: text,
      currency: 'EUR',
      amountMinor: n - 20,
    }),
  ]);

test('JSON has all that is said, and nothing of how it is kept', async () => {
  const rows = [
    one({ date: '2026-11-01', merchant: 'x\u202e"\n', pending: true }),
    one({ amountMinor: 9_007_199_254_740_991 }),
    one({ transfer: true }),
  ];
  const path = databaseOf(rows);
  expect(JSON.parse(await ok(path, '--format', 'json'))).toEqual({
    transactions: [rows[0], rows[2], rows[1]],
  });
  expect(await ok(path, '--json')).toBe(await ok(path, '--format', 'json'));
  expect(JSON.parse(await ok(databaseOf([]), '--json'))).toEqual({ transactions: [] });
});

test('equal data give equal bytes, in whatever order they were written', async () => {
  const rows = hostile();
  const [path, other] = [databaseOf(rows), databaseOf(rows.toReversed())];
  for (const format of ['csv', 'json', 'hledger'])
    expect(await ok(path, '--format', format), format).toBe(await ok(other, '--format', format));
});

test('a range and an account choose', async () => {
  const rows = [1, 2, 3, 4].map((day) =>
    one({ date: `2026-11-0${day}`, account: day % 2 === 0 ? 'Card' : 'Main' }),
  );
  const path = databaseOf(rows);
  const days = async (...args: string[]) =>
    (JSON.parse(await ok(path, '--json', ...args)).transactions as Transaction[])
      .map(({ date }) => date.slice(-1))
      .join('');
  expect(await days('--from', '2026-11-02', '--to', '2026-11-03')).toBe('23');
  expect(await days('--account', 'card')).toBe('24');
  expect(await exported(path, '--account', 'nobody')).toMatchObject({ code: 2, stdout: '' });
  expect(await exported(path, '--from', '2026-02-30')).toMatchObject({ code: 2, stdout: '' });
  expect(await exported('/nonexistent/x.db')).toMatchObject({ code: 4, stdout: '' });
});

test('in CSV a number stays a number, and no text becomes a formula', async () => {
  const records: string[][] = parse(await ok(databaseOf(hostile())));
  expect(records[0]?.join()).toBe(
    'date,amount,currency,category,account,merchant,description,pending,transfer',
  );
  for (const [date, amount, currency, ...texts] of records.slice(1)) {
    expect(date).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    expect(minorOf(amount ?? '', currency ?? '')).toBeTypeOf('number');
    expect(texts.slice(0, 4).filter((text) => /^[=+\-@＝＋－＠]/.test(text))).toEqual([]);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be there
    expect(texts.join()).not.toMatch(/[\x00-\x1f\u202e]/);
  }
  const merchants = new Set(records.map((record) => record[5]));
  for (const text of ["'=1+1", "'+1", "'-1", "''=1", "''", 'a,b', '"quoted"'])
    expect(merchants).toContain(text);
});

test('a reader that goes away ends the export', async () => {
  const path = databaseOf(Array.from({ length: 5_000 }, () => one({ description: 'x'.repeat(150) })));
  const program = `'${process.execPath}' agent/spendwise.js export | head -n 1`;
  const ran = await runProgram('sh', ['-c', program], { env: { SPENDWISE_DB: path } });
  expect(ran).toMatchObject({ code: 0, stdout: expect.stringMatching(/^date,amount/), stderr: '' });
});

test('the program writes what it reads', async () => {
  const ran = await spendwise(['export'], { env: { SPENDWISE_DB: databaseOf([one()]) } });
  expect(ran).toMatchObject({ code: 0, stderr: '' });
  expect(ran.stdout.split('\n')[1]).toBe('2026-11-23,-42.50,CHF,Food,Main,Migros,Groceries,false,false');
});

const installed = (program: string): boolean => {
  if (spawnSync(program, ['--version']).status === 0) return true;
  if (dockerRequired) throw new Error(`SPENDWISE_REQUIRE_DOCKER=1, but there is no ${program}`);
  process.stderr.write(`SKIPPED: no ${program}, which reads the journal\n`);
  return false;
};

/** What each program finds in a journal: the sum of each account in each currency. */
const BOOKKEEPERS = {
  async hledger(file: string) {
    const args = ['-f', file, 'balance', '--flat', '-N', '-O', 'csv', '--layout', 'tidy'];
    const ran = await runProgram('hledger', args);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    const records: string[][] = parse(ran.stdout, { from_line: 2 });
    return sums(records.map(([account, , , , currency, value]) => [account, currency, value]));
  },
  async ledger(file: string) {
    const ran = await runProgram('ledger', ['-f', file, 'csv', '--csv-format', LEDGER_LINE]);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    return sums(
      ran.stdout
        .trim()
        .split('\n')
        .map((line) => line.split('\t')),
    );
  },
};
const LEDGER_LINE = '%(account)\t%(commodity(amount))\t%(quantity(amount))\n';

function sums(lines: (string | undefined)[][]): Map<string, number> {
  const all = new Map<string, number>();
  for (const [account = '', currency = '', value = ''] of lines) {
    const key = `${account} ${currency}`;
    all.set(key, (all.get(key) ?? 0) + (minorOf(value, currency) ?? Number.NaN));
  }
  return new Map([...all].filter(([, sum]) => sum !== 0));
}

/** By group and currency, from the database: accounts, expenses, income and transfers. */
const ownTotals = (path: string) =>
  readDatabase(path, (db) =>
    db
      .prepare<[], { key: string; sum: number }>(
        `SELECT 'Assets ' || currency AS key, sum(amount_minor) AS sum FROM transactions GROUP BY key
         UNION ALL SELECT iif(t.transfer, 'Equity ', iif(c.kind = 'income', 'Income ', 'Expenses ')) || t.currency AS key, -sum(amount_minor)
           FROM transactions t JOIN categories c ON c.id = t.category_id GROUP BY key`,
      )
      .all(),
  );

test.skipIf(!Object.keys(BOOKKEEPERS).every(installed))(
  'hledger and ledger agree with our totals, whatever names contain',
  async () => {
    const path = databaseOf(hostile());
    const file = join(temporaryFolder(), 'journal');
    writeFileSync(file, await ok(path, '--format', 'hledger'));
    const [found, other] = [await BOOKKEEPERS.hledger(file), await BOOKKEEPERS.ledger(file)];
    expect(other).toEqual(found);
    const groups = sums(
      [...found].map(([key, sum]) => {
        const currency = key.slice(-3);
        return [key.split(':')[0], currency, decimalOf(sum, currency)];
      }),
    );
    expect(groups).toEqual(
      new Map(
        ownTotals(path)
          .filter(({ sum }) => sum !== 0)
          .map(({ key, sum }) => [key, sum]),
      ),
    );
    const expenses = [...found.keys()].filter((key) => /^(Expenses|Income):.* CHF$/.test(key));
    expect(expenses, 'each category has its own account').toHaveLength(HOSTILE.length);
  },
);

test('an exported CSV file, read into a new database, gives the same export, and a second time nothing', async () => {
  const texts = HOSTILE.filter((text) => text.trim() !== '');
  // Categories are those of the household: the new one has them.
  const rows = texts.flatMap((text, n) => [
    one({
      merchant: text,
      description: text,
      amountMinor: -n - 1,
      account: n % 2 === 0 ? 'Main' : 'Joint = ours',
    }),
    one({ category: 'Pay', amountMinor: n + 1, currency: 'KWD', pending: true, date: '2026-01-31' }),
    one({ category: '=1+1', amountMinor: -n, currency: 'JPY', transfer: true }),
  ]);
  const [path, file] = [databaseOf(rows), join(temporaryFolder(), 'mine.csv')];
  const csv = await ok(path);
  writeFileSync(file, csv);
  const copy = databaseOf([]);
  const db = openForWriting(copy);
  db.exec(
    "INSERT INTO categories (name, kind) VALUES ('Pay', 'income'), ('Food', 'expense'), ('=1+1', 'expense')",
  );
  db.close();
  const imported = await spendwiseHere(['import', file], { env: { SPENDWISE_DB: copy } });
  expect(imported, imported.stderr).toMatchObject({ code: 0 });
  expect(await ok(copy)).toBe(csv);
  const again = await spendwiseHere(['import', file, '--json'], { env: { SPENDWISE_DB: copy } });
  expect(again).toMatchObject({ code: 0 });
  expect(await ok(copy)).toBe(csv);
});
