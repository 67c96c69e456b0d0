import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TerminalUI } from '@spendwise/sandbox/terminal-ui';
import { expect, test } from 'vitest';
import { askUntilCertain } from '../../../../agent/cli/commands/import/ask.ts';
import { firstEntries, recognize, type Settled } from '../../../../agent/spending/import/recognize.ts';
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

test('what is not certain is an error, and the flags of its hint settle it', async () => {
  const { spendwise } = household({ 'bank.csv': 'A|20261102|1.00|\nB|20261103|2.00|\n' });
  const refused = await spendwise('import', 'bank.csv');
  expect(refused.code).toBe(2);
  const columns = /--columns "([^"]+)"/.exec(refused.stderr)?.[1] ?? '';
  expect(refused.stderr).toContain('--sign out-negative|out-positive');
  const { stdout } = await spendwise('import', 'bank.csv', '--columns', columns, '--sign', 'out-positive');
  expect(stdout).toContain('out CHF 3');
});

test('a built-in profile reads a file whose header row lacks some of its columns', async () => {
  const { spendwise } = household({ 'card.csv': 'Date,Description,Amount\n2026-11-13,Shop,4.50\n' });
  expect((await spendwise('import', 'card.csv', '--profile', 'amex')).stdout).toContain('out CHF 4.50');
});

test('a month without transactions adds none', async () => {
  const { spendwise } = household({ 'bank.csv': 'Date,Merchant,Amount\n' });
  const { code, stdout } = await spendwise('import', 'bank.csv');
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('0 added') });
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
  expect(code).toBe(1);
  expect(stderr).toContain(says);
});

test('a folder, and a file that is not there', async () => {
  const { folder, spendwise } = household();
  mkdirSync(join(folder, 'bank'));
  expect((await spendwise('import', 'bank')).stderr).toContain('is a folder');
  expect((await spendwise('import', 'bank.csv')).stderr).toContain('bank.csv cannot be read (ENOENT)');
});

test('without a terminal, a review lists what is only likely the same', async () => {
  const rest = ['2026-11-01,Rent,,-1000.00', '2026-11-30,Fee,,-1.00'];
  const file = (row: string) => ['Date,Merchant,Description,Amount', rest[0], row, rest[1], ''].join('\n');
  const { spendwise } = household({
    'one.csv': file('2026-11-20,CAFE LUNA ZURICH,,-4.50'),
    'other.csv': file('2026-11-21,Cafe Luna,Coffee,-4.50'),
  });
  expect((await spendwise('import', '--review')).stderr).toContain('nothing to review');
  await spendwise('import', 'one.csv');
  const { stdout } = await spendwise('import', 'other.csv');
  expect(stdout).toContain('1 added, but probably known');
  expect((await spendwise('import', '--review')).stdout).toContain('CAFE LUNA ZURICH (one.csv)');
  expect(JSON.parse((await spendwise('import', '--review', '--json')).stdout)).toMatchObject({
    suspicions: [{ known: { file: 'one.csv' }, fresh: { file: 'other.csv', date: '2026-11-21' } }],
    gone: [],
  });
});

test('the user is asked until a file is certain, with its first rows before their eyes', async () => {
  const bytes = Buffer.from('Date,Merchant,Amount\n01/02/2026,X,-1.00\n03/04/2026,Y,-2.00\n');
  const recognizeWith = (more: Partial<Settled>) => recognize(bytes, true, { csv: {}, ...more });
  const asked = async (...answers: (string | undefined)[]) => {
    const ui = { ask: async () => answers.shift() } as unknown as TerminalUI;
    const { signal } = new AbortController();
    const recognized = await askUntilCertain('bank.csv', recognizeWith, { preview: () => [], ui, signal });
    return firstEntries(recognized, bytes, 'CHF', 1)[0]?.date;
  };
  expect(await asked('sometimes', 'mdy')).toBe('2026-01-02');
  expect(await asked('dmy')).toBe('2026-02-01');
  await expect(asked(undefined)).rejects.toThrow('not certain');
  await expect(asked('')).rejects.toThrow('not certain');
});
