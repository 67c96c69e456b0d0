import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { readDatabase } from '../../../../agent/spending/database.ts';
import { originalScenario } from '../../../../agent/spending/seed/original.ts';
import { writeSeed } from '../../../../agent/spending/seed/write.ts';
import { temporaryFolder } from '../../../support/folder.ts';
import { spendwise } from '../../../support/run.ts';
import { smallDisk, testWithDisk } from '../../../support/small-disk.ts';
import { exported } from './support.ts';

const ROWS = 30_000;
const FILE = ['Date,Merchant,Description,Amount']
  .concat(
    Array.from({ length: ROWS }, (_, at) => {
      const day = Temporal.PlainDate.from('2025-01-01').add({ days: Math.floor((at * 365) / ROWS) });
      return `${day},Merchant ${at % 97},Card payment ${at},-${at % 900}.50`;
    }),
  )
  .join('\n');

function household(folder = temporaryFolder()) {
  const database = join(folder, 'spendwise.db');
  writeSeed(database, originalScenario(Temporal.PlainDate.from('2026-11-23')), 'Europe/Zurich');
  const file = join(temporaryFolder(), 'bank.csv');
  writeFileSync(file, FILE);
  const env = { SPENDWISE_DB: database, SPENDWISE_STATE_DIR: join(folder, 'state') };
  const dump = () => readDatabase(database, exported);
  return { database, file, env, dump };
}

test('kill -9 during an import: the next command takes it back and says so, and the import works again', async () => {
  const { database, file, env, dump } = household();
  const before = dump();
  const journal = () => statSync(`${database}-journal`, { throwIfNoEntry: false })?.size ?? 0;
  let killed = 0;
  for (const wait of [0, 40, 150, 0, 0]) {
    let over = false;
    await spendwise(['import', file], {
      env,
      onStart: async (kill) => {
        while (journal() === 0 && !over) await delay(2);
        await delay(wait);
        kill('SIGKILL');
      },
    }).finally(() => {
      over = true;
    });
    if (journal() === 0) {
      // It was done before.
      const last = readDatabase(database, (db) => db.prepare('SELECT max(id) FROM imports').pluck().get());
      await spendwise(['import', 'undo', `${last}`], { env });
      continue;
    }
    killed += 1;
    const { code, stderr } = await spendwise(['status'], { env });
    expect(code).toBe(0);
    expect(stderr).toContain('is as before: the program that was changing it was killed');
    expect(dump()).toBe(before);
    if (killed === 3) break;
  }
  expect(killed).toBeGreaterThan(0);
});

test('two imports of one file at once: each row once', async () => {
  const { database, file, env } = household();
  const both = await Promise.all([0, 1].map(() => spendwise(['import', file, '--json'], { env })));
  // The second waits for a while, and then says that it is locked.
  for (const { code, stderr } of both)
    if (code !== 0) expect(stderr).toContain('is locked by another program');
  const added = both.filter(({ code }) => code === 0).map(({ stdout }) => JSON.parse(stdout).added);
  expect(added.filter((count) => count > 0)).toEqual([ROWS]);
  const sql = 'SELECT count(*) FROM transactions WHERE import_id IS NOT NULL';
  expect(readDatabase(database, (db) => db.prepare(sql).pluck().get())).toBe(ROWS);
});

testWithDisk('a full disk: the database is as before, and it is said', async () => {
  const folder = temporaryFolder();
  if (!smallDisk(folder, '3m')) return;
  const { database, file, env, dump } = household(folder);
  const before = readFileSync(database);
  const text = dump();
  const { code, stderr } = await spendwise(['import', file], { env });
  expect(code).toBe(1);
  expect(stderr).toContain('was not changed: the disk is full');
  expect(dump()).toBe(text);
  expect(readFileSync(database).equals(before)).toBe(true);
});

test('Ctrl-C during an import leaves nothing of the file', async () => {
  const { database, file, env, dump } = household();
  const before = dump();
  const { code, stderr } = await spendwise(['import', file], {
    env,
    onStart: async (kill) => {
      while (!existsSync(`${database}-journal`)) await delay(5);
      kill('SIGINT');
    },
  });
  expect(stderr).toContain('nothing of this file was imported');
  expect(code).toBe(130);
  expect(dump()).toBe(before);
});

test('Ctrl-C ends the wait for a pipe', async () => {
  const { env } = household();
  const { code, stderr } = await spendwise(['import', '-'], {
    env,
    keepInputOpen: true,
    onStart: (kill) => void delay(1_000).then(() => kill('SIGINT')),
  });
  expect(stderr).toContain('interrupted');
  expect(code).toBe(130);
});

test('stdin is read like a file', async () => {
  const { env } = household();
  const { stdout } = await spendwise(['import', '-', '--json'], { env, input: FILE });
  expect(JSON.parse(stdout)).toMatchObject({ added: ROWS, files: [{ file: '-', format: 'csv' }] });
});
