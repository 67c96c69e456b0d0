import { copyFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { spendingManifest } from '../../../agent/app/own-servers.ts';
import { openForWriting, readDatabase } from '../../../agent/spending/database.ts';
import { makeDatabaseFile } from '../../../agent/spending/database-file.ts';
import { originalScenario } from '../../../agent/spending/seed/original.ts';
import { writeSeed } from '../../../agent/spending/seed/write.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { spendwise } from '../../support/run.ts';

const TODAY = Temporal.PlainDate.from('2026-11-25');
const seeded = (folder = temporaryFolder()) => {
  const path = join(folder, 'spendwise.db');
  writeSeed(path, originalScenario(TODAY), 'Europe/Zurich');
  return path;
};
const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);
const inodeOf = (path: string) => statSync(path).ino;
const limits = (path: string) =>
  readDatabase(path, (db) => db.prepare('SELECT limit_minor FROM budgets ORDER BY id').pluck().all());

test('a new database is for its owner alone, whatever the umask', () => {
  const umask = process.umask(0);
  try {
    const path = seeded();
    expect(modeOf(path)).toBe('600');
  } finally {
    process.umask(umask);
  }
});

test('keeps the permissions of an existing database', () => {
  const path = join(temporaryFolder(), 'spendwise.db');
  writeFileSync(path, '', { mode: 0o644 });
  makeDatabaseFile(path);
  expect(modeOf(path)).toBe('644');
});

test('every write is in the same file: what a sandbox holds stays what the host writes', () => {
  const path = seeded();
  const file = inodeOf(path);
  writeSeed(path, originalScenario(TODAY.add({ days: 7 })), 'Europe/Zurich');
  const db = openForWriting(path);
  db.exec('UPDATE budgets SET limit_minor = 1');
  db.close();
  limits(path);
  expect(inodeOf(path)).toBe(file);
});

/** The files as they are when a program is killed in the middle of a change. */
function killedDuringChange(from: string): string {
  const db = openForWriting(from);
  db.pragma('cache_size = 1');
  db.exec('BEGIN IMMEDIATE; UPDATE budgets SET limit_minor = 1; CREATE TABLE filler (x)');
  const fill = db.prepare('INSERT INTO filler VALUES (randomblob(4000))');
  for (let n = 0; n < 50; n += 1) fill.run();
  const path = seeded();
  for (const part of ['', '-journal']) copyFileSync(`${from}${part}`, `${path}${part}`);
  db.exec('ROLLBACK');
  db.close();
  expect(statSync(`${path}-journal`).size).toBeGreaterThan(0);
  return path;
}

test('rolls back the incomplete write of a killed program when the database is read', () => {
  const whole = seeded();
  const path = killedDuringChange(whole);
  const file = inodeOf(path);
  expect(limits(path)).toEqual(limits(whole));
  expect(inodeOf(path)).toBe(file);
});

test('the spending server is granted the database, and nothing else that stands there', () => {
  const path = seeded();
  writeFileSync(`${path}.backup`, '');
  expect(spendingManifest(path, undefined, 'process').runtimePermissions).toMatchObject([
    { type: 'fs', path, read: true, write: false },
  ]);
});

test('a database in the home folder itself is no reason to hand that over, nor to refuse it', async () => {
  const home = temporaryFolder();
  mkdirSync(join(home, 'state'), { mode: 0o700 });
  const env = { HOME: home, SPENDWISE_DB: seeded(home), SPENDWISE_STATE_DIR: join(home, 'state') };
  const ran = await spendwise(['agent', 'ask', 'hi', '--yes', '--runtime', 'process'], {
    env: {
      ...env,
      OPENAI_BASE_URL: 'http://127.0.0.1:9',
      TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
      TWILIO_AUTH_TOKEN: 'x'.repeat(32),
      TWILIO_PHONE_NUMBER: '+15005550006',
      NOTIFICATION_PHONE: '+12025550143',
      TWILIO_API_BASE_URL: 'http://127.0.0.1:9',
    },
  });
  expect(ran.stderr).not.toContain('too broad to grant');
  expect(ran.stderr).toContain('127.0.0.1');
});

test('a file of another program is not touched by looking', () => {
  const path = join(temporaryFolder(), 'notes.db');
  new Database(path).exec('CREATE TABLE notes (x)').close();
  const before = readFileSync(path);
  expect(() => limits(path)).toThrow("another program's");
  expect(readFileSync(path).equals(before)).toBe(true);
});
