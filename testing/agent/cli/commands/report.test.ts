import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { themeFor } from '@spendwise/sandbox/theme';
import { widthOf } from '@spendwise/sandbox/wrapped';
import { beforeEach, expect, test } from 'vitest';
import { Ledger } from '../../../../agent/alerts/ledger/ledger.ts';
import { reportLines } from '../../../../agent/cli/commands/report/lines.ts';
import { originalScenario } from '../../../../agent/spending/seed/original.ts';
import { writeSeed } from '../../../../agent/spending/seed/write.ts';
import { temporaryFolder } from '../../../support/folder.ts';
import { spendwiseHere } from '../../../support/in-process.ts';
import { hostileReport, yearReport } from '../../../support/reports.ts';
import { spendwise } from '../../../support/run.ts';

const TODAY = Temporal.Now.plainDateISO('UTC');
let folder = '';
let env = { SPENDWISE_DB: '', SPENDWISE_STATE_DIR: '' };
beforeEach(() => {
  folder = temporaryFolder();
  env = { SPENDWISE_DB: join(folder, 'spendwise.db'), SPENDWISE_STATE_DIR: join(folder, 'state') };
  writeSeed(env.SPENDWISE_DB, originalScenario(TODAY), 'UTC');
});
const report = (...args: string[]) => spendwiseHere(['report', ...args], { env, cwd: folder });

test('the terminal has the finding, the budgets and the alerts that are due', async () => {
  const { code, stdout } = await report();
  expect(code).toBe(0);
  expect(stdout).toContain('\nShopping is 19% over its weekly budget');
  expect(stdout).toMatch(/Food & Dining +\S+ +CHF 135\/150 a week +90%/);
  expect(stdout).toContain('due: Shopping over the week’s limit, CHF 95 of 80');
});

test('years after the last purchase, nothing changed and nothing is said about it', async () => {
  const { stdout } = await report('--as-of', '2040-01-01');
  expect(stdout).toMatch(/^[^\n]+\nNo budget has been touched yet\n\nBudgets\n/);
  expect(stdout).not.toContain('What changed');
});

test('--html alone writes into the state folder, for its owner only, and prints the path', async () => {
  const { code, stdout, stderr } = await spendwise(['report', '--html'], { env });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const page = join(env.SPENDWISE_STATE_DIR, 'pages', `report-${TODAY}.html`);
  expect(stdout).toBe(`${page}\n`);
  expect(readFileSync(page, 'utf8')).toContain('Shopping is 19% over its weekly budget');
  expect(statSync(page).mode & 0o777).toBe(0o600);
});

test('--html FILE replaces a page, and no other file', async () => {
  const file = join(folder, 'mine.html');
  for (const _ of [1, 2])
    expect(await report('--html', 'mine.html')).toMatchObject({ code: 0, stdout: `${file}\n` });
  writeFileSync(file, '<!doctype html>my own');
  const { code, stderr } = await report('--html', 'mine.html');
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error: .*mine.html is not a page of SpendWise\nhint: name another file\n$/);
  expect(readFileSync(file, 'utf8')).toBe('<!doctype html>my own');
});

test('--json has the alerts of the ledger, and writes nothing', async () => {
  const ledger = Ledger.open(env.SPENDWISE_STATE_DIR);
  const { budgets } = JSON.parse((await report('--json')).stdout);
  const alert = { ...budgets[0], database: env.SPENDWISE_DB, threshold: 'over' as const };
  for (const database of [env.SPENDWISE_DB, '/another.db']) {
    const made = ledger.reserve({
      tool: 'sms.send_budget_alert',
      recipient: '+12025550143',
      body: `over ${database}`,
      alert: { ...alert, database },
    });
    if (made.ok) ledger.sending(made.id);
    if (made.ok) ledger.settle(made.id, { state: 'sent', sid: `SM${made.id}` });
  }
  ledger.close();
  const { code, stdout } = await report('--json');
  expect(code).toBe(0);
  const { alerts, waiting } = JSON.parse(stdout);
  expect(alerts).toMatchObject([
    { category: 'Shopping', threshold: 'over', state: 'sent', late: false, spentMinor: 9500 },
  ]);
  expect(waiting).toMatchObject([{ category: 'Food & Dining', threshold: 80, heldBack: null }]);
  expect(stdout).not.toContain('+1202');
  const { stdout: then } = await report('--json', '--as-of', TODAY.toString());
  expect(JSON.parse(then)).toMatchObject({ alerts, waiting: [] });
  expect(existsSync(join(env.SPENDWISE_STATE_DIR, 'pages'))).toBe(false);
});

test.each<[string, number, string[], Record<string, string>]>([
  ['a date that is none', 2, ['--as-of', '2026-02-30'], {}],
  ['no database', 4, [], { SPENDWISE_DB: '/nonexistent/x.db' }],
  ['thresholds that are none', 4, [], { SPENDWISE_THRESHOLDS: 'often' }],
  ['a file that cannot be written', 1, ['--html', 'spendwise.db/x.html'], {}],
])('%s: exit code %i', async (_, code, args, wrong) => {
  const ran = await spendwiseHere(['report', ...args], { env: { ...env, ...wrong }, cwd: folder });
  expect(ran).toMatchObject({ code, stdout: '' });
});

test.each([
  ['the year', yearReport()],
  // Amounts are never cut.
  [
    'hostile names',
    { ...hostileReport(), budgets: hostileReport().budgets.filter(({ currency }) => currency === 'CHF') },
  ],
])('it fits a window of 50 columns: %s', (_, own) => {
  const lines = reportLines(own, themeFor(process.stderr), 50);
  expect(lines.filter((line) => widthOf(line) > 49)).toEqual([]);
});
