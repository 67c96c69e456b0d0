import { readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { dockerRuntime } from '../../agent/sandbox/runtimes/docker/docker.ts';
import { bubblewrapAvailable, testBubblewrap } from '../support/bubblewrap.ts';
import { dockerAvailable, testImages } from '../support/docker.ts';
import { openTestSession } from '../support/session.ts';

const { signal } = new AbortController();

describe.each([
  { kind: 'docker', available: dockerAvailable, make: () => dockerRuntime({ images: testImages() }) },
  { kind: 'bubblewrap', available: bubblewrapAvailable, make: () => testBubblewrap() },
])('$kind', ({ available, make }) => {
  test.skipIf(!available)(
    'the spending server sees each complete write of another program, and no other file',
    async () => {
      const { session, database } = await openTestSession(make());
      writeFileSync(`${database}.secret`, 'mine', { mode: 0o666 });
      const limits = async () => {
        const outcome = await session.door.call('spending__get_budget_status', JSON.stringify({}), signal);
        if (outcome.kind !== 'result') throw new Error(JSON.stringify(outcome));
        const { isError, text, structured = { budgets: [] } } = outcome.result;
        return isError ? text : (structured.budgets as { limit: number }[]).map(({ limit }) => limit);
      };
      const before = await limits();
      expect(before).toContain(80);

      // As any program does it: the journal is made, and deleted again.
      const db = new Database(database);
      db.exec('UPDATE budgets SET limit_minor = 7700');
      expect(await limits()).toEqual([77, 77, 77, 77]);
      // Locks are seen through the mount: a write under way is waited for, then said.
      db.exec('BEGIN EXCLUSIVE');
      expect(await limits()).toContain('is locked by another program');
      db.exec('ROLLBACK; UPDATE budgets SET limit_minor = 8000');
      expect(await limits()).toEqual([80, 80, 80, 80]);

      // Killed in the middle of a change: no half of it is read.
      db.pragma('cache_size = 1');
      db.exec('BEGIN IMMEDIATE; UPDATE budgets SET limit_minor = 1; CREATE TABLE filler (x)');
      const fill = db.prepare('INSERT INTO filler VALUES (randomblob(4000))');
      for (let n = 0; n < 50; n += 1) fill.run();
      const [half, journal] = [readFileSync(database), readFileSync(`${database}-journal`)];
      db.exec('ROLLBACK');
      db.close();
      writeFileSync(database, half);
      writeFileSync(`${database}-journal`, journal);
      expect(await limits()).toEqual([80, 80, 80, 80]);

      const spending = session.servers.find(({ prefix }) => prefix === 'spending')?.server.running;
      const listed = await spending?.exec?.(['ls', '-A', dirname(database)]);
      expect(listed?.output.split(/\s+/).filter(Boolean)).toEqual(['spendwise.db']);
    },
    120_000,
  );
});
