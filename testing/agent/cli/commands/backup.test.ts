import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { backupDatabase } from '../../../../agent/spending/backup.ts';
import { openForWriting, readDatabase } from '../../../../agent/spending/database.ts';
import { originalScenario } from '../../../../agent/spending/seed/original.ts';
import { writeSeed } from '../../../../agent/spending/seed/write.ts';
import { temporaryFolder } from '../../../support/folder.ts';
import { spendwiseHere } from '../../../support/in-process.ts';
import { spendwise } from '../../../support/run.ts';

const seeded = () => {
  const path = join(temporaryFolder(), 'mine.db');
  writeSeed(path, originalScenario(Temporal.PlainDate.from('2026-11-25')), 'Europe/Zurich');
  return path;
};
const backup = (path: string, ...args: string[]) =>
  spendwiseHere(['backup', ...args], { env: { SPENDWISE_DB: path } });
const spent = (path: string) =>
  readDatabase(path, (db) => db.prepare('SELECT sum(amount_minor) FROM transactions').pluck().get());
const never = new AbortController().signal;

test('goes beside the database, named after the moment, for its owner only', async () => {
  const path = seeded();
  const ran = await backup(path, '--json');
  expect(ran).toMatchObject({ code: 0, stderr: '' });
  const { backup: file, bytes, database } = JSON.parse(ran.stdout);
  expect({ folder: dirname(file), database }).toEqual({ folder: dirname(path), database: path });
  expect(file).toMatch(/mine-\d{4}-\d\d-\d\d-\d{6}\.db$/);
  expect(statSync(file)).toMatchObject({ size: bytes });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(spent(file)).toBe(spent(path));
  expect(readdirSync(dirname(path)).toSorted()).toEqual(
    [file, path].map((each) => each.slice(dirname(path).length + 1)).toSorted(),
  );
});

test('goes where it is told, into a folder too, and never over a file', async () => {
  const [path, folder] = [seeded(), temporaryFolder()];
  const file = join(folder, 'copy');
  expect(await backup(path, file)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^Wrote .*copy \(\d+ kB\)\n$/),
  });
  const before = readFileSync(file);
  const again = await backup(path, file);
  expect(again).toMatchObject({ code: 1, stdout: '' });
  expect(again.stderr).toContain('exists already');
  expect(readFileSync(file).equals(before)).toBe(true);
  expect(await backup(path, folder)).toMatchObject({ code: 0 });
  expect(readdirSync(folder)).toHaveLength(2);
  expect(await backup(path, join(folder, 'nowhere/copy'))).toMatchObject({ code: 1, stdout: '' });
});

test('is not stopped by what a killed backup left', async () => {
  const path = seeded();
  const file = join(dirname(path), 'copy.db');
  writeFileSync(`${file}.${process.pid}.tmp`, 'half a copy');
  expect((await backup(path, file)).code).toBe(0);
  expect(spent(file)).toBe(spent(path));
  expect(readdirSync(dirname(path)).toSorted()).toEqual(['copy.db', 'mine.db']);
});

test('is complete although another program writes all the time', async () => {
  const path = seeded();
  const writer = openForWriting(path);
  writer.exec('CREATE TABLE filler (x)');
  const add = writer.prepare('INSERT INTO filler VALUES (zeroblob(4000000))');
  for (let n = 0; n < 3; n += 1) add.run();
  let running = true;
  let writes = 0;
  const write = () => {
    if (!running) return;
    writer.exec(`INSERT INTO settings VALUES ('w${writes}', '')`);
    writes += 1;
    setImmediate(write);
  };
  write();
  const file = join(temporaryFolder(), 'copy');
  await backupDatabase(path, file, never);
  running = false;
  writer.close();
  const kept = readDatabase(file, (db) =>
    db.prepare("SELECT count(*) FROM settings WHERE name GLOB 'w*'").pluck().get(),
  );
  expect(writes).toBeGreaterThan(2);
  expect(kept).toBeGreaterThan(0);
  expect(spent(file)).toBe(spent(path));
});

test('leaves nothing where it did not succeed', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'copy');
  const damaged = seeded();
  const bytes = readFileSync(damaged);
  bytes.fill(7, 5 * 4096, 6 * 4096);
  writeFileSync(damaged, bytes);
  await expect(backupDatabase(damaged, file, never)).rejects.toThrow('is damaged');
  await expect(backupDatabase(seeded(), file, AbortSignal.abort())).rejects.toThrow('aborted');
  expect(readdirSync(folder)).toEqual([]);
});

test('the program does it, and says what is missing', async () => {
  const path = seeded();
  expect(await spendwise(['backup'], { env: { SPENDWISE_DB: path } })).toMatchObject({ code: 0, stderr: '' });
  expect(await backup('/nonexistent/x.db')).toMatchObject({ code: 4, stdout: '' });
});
