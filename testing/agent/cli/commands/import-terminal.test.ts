import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { readDatabase } from '../../../../agent/spending/database.ts';
import { originalScenario } from '../../../../agent/spending/seed/original.ts';
import { writeSeed } from '../../../../agent/spending/seed/write.ts';
import { temporaryFolder } from '../../../support/folder.ts';
import { spendwiseOnTerminal, testOnTerminal } from '../../../support/terminal.ts';

testOnTerminal('the user is asked how to read a file, and what is only likely the same', async () => {
  const folder = temporaryFolder();
  const database = join(folder, 'spendwise.db');
  writeSeed(database, originalScenario(Temporal.PlainDate.from('2026-11-23')), 'Europe/Zurich');
  const env = { SPENDWISE_DB: database, SPENDWISE_STATE_DIR: join(folder, 'state') };
  const start = (...args: string[]) => spendwiseOnTerminal(['import', ...args], env, folder);
  const rows = (middle: string) =>
    `Date,Merchant,Amount\n01/02/2026,X,-1.00\n${middle}\n05/02/2026,Y,-3.00\n`;
  writeFileSync(join(folder, 'one.csv'), rows('03/02/2026,LUNA ZURICH,-4.50'));
  writeFileSync(join(folder, 'other.csv'), rows('04/02/2026,Cafe Luna,-4.50'));

  const one = start('one.csv');
  expect(await one.until(/Which is it: dmy or mdy\?/)).toContain('2026-02-01  -1  X');
  one.type('dmy\r');
  await one.until(/3 added/);
  expect(await one.exitCode).toBe(0);

  const other = start('other.csv', '--dates', 'dmy');
  await other.until(/1 added, but probably known/);
  await other.exitCode;

  const review = start('--review');
  await review.until(/LUNA ZURICH \(one\.csv\)/);
  await review.until(/Is it the same\?/);
  review.type('perhaps\r');
  await review.until(/Is it the same\?/);
  review.type('yes\r');
  expect(await review.exitCode).toBe(0);
  const sql = "SELECT merchant FROM transactions WHERE amount_minor = -450 AND date LIKE '2026-02%'";
  expect(readDatabase(database, (db) => db.prepare(sql).pluck().all())).toEqual(['LUNA ZURICH']);
});
