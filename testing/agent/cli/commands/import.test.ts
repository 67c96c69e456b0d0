import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { originalScenario } from '../../../../agent/spending/seed/original.ts';
import { writeSeed } from '../../../../agent/spending/seed/write.ts';
import { temporaryFolder } from '../../../support/folder.ts';
import { spendwiseHere } from '../../../support/in-process.ts';

const TODAY = Temporal.PlainDate.from('2026-11-23');
const BANK = `Date,Merchant,Description,Amount
2026-11-13,Cafe Luna,Coffee,-4.50
2026-11-13,Cafe Luna,Coffee,-4.50
2026-11-25,Employer AG,Salary,5000.00
`;

function household(files: Readonly<Record<string, string | Uint8Array>> = {}) {
  const folder = temporaryFolder();
  const database = join(folder, 'spendwise.db');
  writeSeed(database, originalScenario(TODAY), 'Europe/Zurich');
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const env = { SPENDWISE_DB: database, SPENDWISE_STATE_DIR: join(folder, 'state') };
  return {
    folder,
    spendwise: (...args: string[]) => spendwiseHere(args, { env, cwd: folder }),
  };
}

test('a file is imported once; the list shows it, and undo takes it back', async () => {
  const { spendwise } = household({ 'bank.csv': BANK });
  const before = await spendwise('tx', 'list', '--json');
  const { code, stdout } = await spendwise('import', 'bank.csv', '--json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    added: 3,
    files: [
      {
        file: 'bank.csv',
        format: 'csv',
        id: 1,
        accounts: [{ name: 'Main', new: false }],
        period: { from: '2026-11-13', to: '2026-11-25' },
        totals: [{ currency: 'CHF', inMinor: 500_000, outMinor: 900 }],
      },
    ],
  });
  expect(JSON.parse((await spendwise('import', 'bank.csv', '--json')).stdout)).toMatchObject({
    added: 0,
    known: 3,
  });
  expect(JSON.parse((await spendwise('imports', 'list', '--json')).stdout).imports).toMatchObject([
    { id: 2, added: 0 },
    { id: 1, added: 3, file: 'bank.csv' },
  ]);
  expect(JSON.parse((await spendwise('import', 'undo', '1', '--json')).stdout).undone.kept).toBe(3);
  expect((await spendwise('import', 'undo', '2')).stdout).toContain('3 removed');
  expect((await spendwise('tx', 'list', '--json')).stdout).toBe(before.stdout);
});

test('a dry run writes nothing', async () => {
  const { spendwise } = household({ 'bank.csv': BANK });
  expect((await spendwise('import', 'bank.csv', '--dry-run')).stdout).toContain('3 added');
  expect((await spendwise('imports', 'list')).stderr).toContain('nothing has been imported yet');
});

test('bad rows refuse the file with line and reason, unless they are skipped', async () => {
  const { spendwise } = household({ 'bank.csv': `${BANK}tomorrow,X,Y,-1.00\n` });
  const refused = await spendwise('import', 'bank.csv');
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('bank.csv: line 5: "tomorrow" is no date');
  expect((await spendwise('imports', 'list')).stderr).toContain('nothing has been imported yet');
  const { stdout } = await spendwise('import', 'bank.csv', '--skip-bad-rows', '--json');
  expect(JSON.parse(stdout).files[0]).toMatchObject({ added: 3, badRows: { total: 1, rows: [{ line: 5 }] } });
});

test('without a terminal, what is not certain is an error that names the flags', async () => {
  const { spendwise } = household({
    'bank.csv': 'Date,Merchant,Amount\n01/02/2026,X,-1.00\n03/04/2026,Y,-2.00\n',
  });
  const { code, stderr } = await spendwise('import', 'bank.csv');
  expect(code).toBe(2);
  expect(stderr).toContain('--dates dmy|mdy');
  const { stdout } = await spendwise(
    'import',
    'bank.csv',
    '--dates',
    'mdy',
    '--json',
    '--save-profile',
    'card',
  );
  expect(JSON.parse(stdout).files[0].period).toEqual({ from: '2026-01-02', to: '2026-03-04' });
  expect((await spendwise('import', 'bank.csv', '--profile', 'card')).stdout).toContain('2 known already');
});

test('a refused file says which were imported before it', async () => {
  const { spendwise } = household({ 'bank.csv': BANK, 'empty.csv': '' });
  const { code, stdout, stderr } = await spendwise('import', 'bank.csv', 'empty.csv', '--json');
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    added: 3,
    files: [{ ok: true }, { ok: false, file: 'empty.csv' }],
  });
  expect(stderr).toContain('imported before that: bank.csv');
});

test.each([
  ['an Excel file', Uint8Array.from([0x50, 0x4b, 3, 4, 1, 2, 3]), 'an Excel file'],
  ['a PDF', '%PDF-1.7 …', 'a PDF'],
  ['an empty file', '', 'is empty'],
  ['bytes', Uint8Array.from({ length: 5000 }, (_, at) => (at * 7919) % 251), 'error: '],
])('%s is refused, and says what it is', async (_, bytes, says) => {
  const { spendwise } = household({ 'bank.csv': bytes });
  const { code, stderr } = await spendwise('import', 'bank.csv');
  expect([1, 2]).toContain(code);
  expect(stderr).toContain(says);
});

test('a folder, and a file that is not there', async () => {
  const { folder, spendwise } = household();
  mkdirSync(join(folder, 'bank'));
  expect((await spendwise('import', 'bank')).stderr).toContain('is a folder');
  expect((await spendwise('import', 'bank.csv')).stderr).toContain('bank.csv cannot be read (ENOENT)');
});
