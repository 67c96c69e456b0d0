import fs, {
  chownSync,
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { basename, dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createSchema, openForWriting, readDatabase } from '../../../agent/spending/database.ts';
import { migrate, SCHEMA_VERSION } from '../../../agent/spending/migrations.ts';
import { originalScenario } from '../../../agent/spending/seed/original.ts';
import { writeSeed } from '../../../agent/spending/seed/write.ts';
import { budgetStatuses } from '../../../agent/spending/status.ts';
import { upgradeDatabase } from '../../../agent/spending/upgrade.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { spendwiseHere } from '../../support/in-process.ts';

const TODAY = Temporal.PlainDate.from('2026-11-23');
const ROWS = `
  INSERT INTO settings VALUES ('time_zone', 'Europe/Zurich');
  INSERT INTO categories (id, name, kind) VALUES (1, 'Food', 'expense'), (2, 'Pay', 'income');
  INSERT INTO budgets (category_id, period, limit_minor, currency) VALUES (1, 'week', 10000, 'CHF');
  INSERT INTO transactions (date, amount_minor, currency, category_id, merchant, pending)
  VALUES ('2026-11-23', -4250, 'CHF', 1, 'Migros', 0), ('2026-11-23', -1750, 'CHF', 1, 'Coop', 1),
    ('2026-11-01', 250000, 'CHF', 2, 'Work', 0);`;

/** As that version wrote it. */
const databaseOf = (version: number, rows = ROWS) => {
  const path = join(temporaryFolder(), 'spendwise.db');
  const db = new Database(path);
  db.exec(readFileSync(join(import.meta.dirname, `earlier/version-${version}.sql`), 'utf8'));
  db.exec(`PRAGMA application_id = 0x53505753; PRAGMA user_version = ${version}; ${rows}`);
  db.close();
  return path;
};
const EARLIER = Array.from({ length: SCHEMA_VERSION - 1 }, (_, index) => index + 1);

/** Tables with their columns and indexes, as SQLite understands them: without the words of the statements. */
const shapeOf = (db: Database.Database) => {
  const all = (sql: string, ...values: string[]) => db.prepare(sql).all(...values) as { name: string }[];
  return all("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").map(({ name }) => ({
    name,
    columns: all(
      'SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info(?) ORDER BY name',
      name,
    ),
    keys: all(
      'SELECT "table", "from", "to", on_delete FROM pragma_foreign_key_list(?) ORDER BY "from"',
      name,
    ),
    indexes: all('SELECT name, "unique", partial FROM pragma_index_list(?) ORDER BY name', name).map(
      (index) => ({
        ...index,
        columns: all('SELECT name FROM pragma_index_info(?) ORDER BY seqno', index.name),
      }),
    ),
  }));
};

test.each(EARLIER)(
  'a database of version %i becomes what a new one is, and keeps its rows and a copy',
  (version) => {
    const path = databaseOf(version);
    const before = readFileSync(path);
    const upgrade = upgradeDatabase(path);
    expect(upgrade).toEqual({ from: version, to: SCHEMA_VERSION, backup: `${path}.v${version}` });
    expect(readFileSync(`${path}.v${version}`).equals(before)).toBe(true);
    expect(statSync(`${path}.v${version}`).mode & 0o777).toBe(0o600);
    const fresh = new Database(':memory:');
    createSchema(fresh);
    readDatabase(path, (db) => {
      expect(shapeOf(db)).toEqual(shapeOf(fresh));
      expect(db.prepare('SELECT sum(amount_minor) FROM transactions').pluck().get()).toBe(244_000);
      expect(budgetStatuses(db, TODAY)).toMatchObject([{ spentMinor: 6000, pendingMinor: 1750 }]);
      expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    });
    expect(upgradeDatabase(path)).toBeUndefined();
  },
);

test('a command upgrades the database before it reads it, and says where the copy is', async () => {
  const path = databaseOf(1);
  const ran = await spendwiseHere(['status', '--as-of', '2026-11-23'], { env: { SPENDWISE_DB: path } });
  expect(ran.code).toBe(0);
  expect(ran.stdout).toContain('Food');
  expect(ran.stderr).toContain(`upgraded ${path} from version 1 to ${SCHEMA_VERSION}`);
});

test('a seeded database stays one that a seed may overwrite; own data stays own data', () => {
  const seeded = databaseOf(1, '');
  const own = databaseOf(1);
  const db = new Database(seeded);
  db.exec(readFileSync(join(import.meta.dirname, 'earlier/version-1-seed.sql'), 'utf8'));
  db.close();
  for (const path of [seeded, own]) upgradeDatabase(path);
  expect(writeSeed(seeded, originalScenario(TODAY), 'Europe/Zurich').transactions).toBe(10);
  expect(() => writeSeed(own, originalScenario(TODAY), 'Europe/Zurich')).toThrow('your own data');
});

test('a row that refers to nothing is reported, and nothing changes', () => {
  const path = databaseOf(
    1,
    "PRAGMA foreign_keys = OFF; INSERT INTO budgets VALUES (1, 77, 'week', 1, 'CHF')",
  );
  const before = readFileSync(path);
  expect(() => upgradeDatabase(path)).toThrow('1 of its rows refer to rows that are not there');
  expect(readFileSync(path).equals(before)).toBe(true);
  expect(readdirSync(dirname(path)), 'no copy of what did not change').toEqual([basename(path)]);
});

test('a second copy does not overwrite the first', () => {
  const path = databaseOf(1);
  writeFileSync(`${path}.v1`, 'an earlier copy');
  expect(upgradeDatabase(path)?.backup).toBe(`${path}.v1-1`);
  expect(readFileSync(`${path}.v1`, 'utf8')).toBe('an earlier copy');
});

test('a database of a newer version is refused, and so is writing to it', async () => {
  const path = databaseOf(1);
  const db = new Database(path);
  db.pragma(`user_version = ${SCHEMA_VERSION + 1}`);
  db.close();
  const ran = await spendwiseHere(['status'], { env: { SPENDWISE_DB: path } });
  expect(ran).toMatchObject({ code: 1, stdout: '' });
  expect(ran.stderr).toMatch(/schema version \d.*\nhint: a newer SpendWise wrote it/);
  expect(() => openForWriting(path)).toThrow('schema version');
  expect(existsSync(`${path}.v1`)).toBe(false);
});

/** As kill -9 leaves it right before the journal goes: the file is of the new version, its journal has the old one. */
function killedAtTheEnd(): { path: string; before: Buffer } {
  const from = databaseOf(1);
  const before = readFileSync(from);
  const path = join(temporaryFolder(), 'spendwise.db');
  const db = new Database(from);
  db.exec('PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF');
  db.exec('BEGIN');
  migrate(db, 1);
  copyFileSync(`${from}-journal`, `${path}-journal`);
  db.exec('COMMIT');
  db.close();
  copyFileSync(from, path);
  return { path, before };
}

test('an upgrade that was killed is taken back and done again by the next command', async () => {
  const { path, before } = killedAtTheEnd();
  expect(readFileSync(path).readUInt32BE(60)).toBe(SCHEMA_VERSION);
  const ran = await spendwiseHere(['status', '--as-of', '2026-11-23'], { env: { SPENDWISE_DB: path } });
  expect(ran).toMatchObject({ code: 0 });
  expect(ran.stdout).toContain('Food');
  expect(readFileSync(`${path}.v1`).equals(before)).toBe(true);
  expect(existsSync(`${path}-journal`)).toBe(false);
});

test('what another program left in a WAL is in the copy, and in the upgraded database', () => {
  const from = databaseOf(1);
  const path = join(temporaryFolder(), 'spendwise.db');
  const other = new Database(from);
  other.pragma('journal_mode = WAL');
  other.exec("INSERT INTO categories (name, kind) VALUES ('Late', 'expense')");
  for (const part of ['', '-wal']) copyFileSync(`${from}${part}`, `${path}${part}`);
  other.close();
  const backup = upgradeDatabase(path)?.backup ?? '';
  for (const file of [path, backup]) {
    const db = new Database(file, { readonly: true });
    expect(db.prepare("SELECT count(*) FROM categories WHERE name = 'Late'").pluck().get()).toBe(1);
    expect(db.pragma('journal_mode', { simple: true })).toBe('delete');
    db.close();
  }
  expect(existsSync(`${path}-wal`)).toBe(false);
});

test('a linked database is upgraded where it is, and the copy lies beside it', async () => {
  const path = databaseOf(1);
  const link = join(temporaryFolder(), 'mine.db');
  symlinkSync(path, link);
  await spendwiseHere(['status'], { env: { SPENDWISE_DB: link } });
  expect(existsSync(`${path}.v1`)).toBe(true);
  expect(readdirSync(dirname(link))).toEqual(['mine.db']);
});

test.skipIf(process.getuid?.() !== 0)('root leaves database and copy to the user whose they are', () => {
  const path = databaseOf(1);
  chownSync(path, 1234, 1234);
  upgradeDatabase(path);
  for (const file of [path, `${path}.v1`]) expect(statSync(file)).toMatchObject({ uid: 1234, gid: 1234 });
});

/** Closing a descriptor of the database's file would give the lock up. */
test.skipIf(process.platform !== 'linux')('the database stays locked after its copy was made', () => {
  const path = databaseOf(1);
  const { ino } = statSync(path);
  const close = fs.closeSync;
  const afterClosing: boolean[] = [];
  onTestFinished(() => {
    vi.restoreAllMocks();
    syncBuiltinESMExports();
  });
  vi.spyOn(fs, 'closeSync').mockImplementation((descriptor) => {
    close(descriptor);
    if (existsSync(`${path}.v1`))
      afterClosing.push(new RegExp(`POSIX.* WRITE .*:${ino} `).test(readFileSync('/proc/locks', 'utf8')));
  });
  syncBuiltinESMExports();
  upgradeDatabase(path);
  // The copy; then the original, when the upgrade is done.
  expect(afterClosing).toEqual([true, false]);
});
