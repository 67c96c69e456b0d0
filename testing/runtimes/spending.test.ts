import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { describe, expect, onTestFinished, test } from 'vitest';
import { launchPlan } from '../../agent/sandbox/launch-plan.ts';
import { dockerRuntime } from '../../agent/sandbox/runtimes/docker.ts';
import type { Runtime } from '../../agent/sandbox/runtimes/runtime.ts';
import { SandboxedStdioTransport } from '../../agent/sandbox/transport.ts';
import { spendingManifest } from '../../agent/servers.ts';
import { openForWriting, readDatabase } from '../../agent/spending/database.ts';
import { originalScenario } from '../../agent/spending/seed/original.ts';
import { writeSeed } from '../../agent/spending/seed/write.ts';
import { bubblewrapAvailable, testBubblewrap } from '../support/bubblewrap.ts';
import { dockerAvailable, testImages } from '../support/docker.ts';
import { temporaryFolder } from '../support/folder.ts';

const TODAY = Temporal.PlainDate.from('2026-11-25');

async function serverOver(path: string, runtime: Runtime) {
  const manifest = spendingManifest(path, TODAY, runtime.kind);
  const consented = { granted: manifest.runtimePermissions, refused: [] };
  const transport = new SandboxedStdioTransport({ runtime, plan: launchPlan(manifest, consented, {}) });
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(transport, { timeout: 60_000 });
  onTestFinished(() => client.close());
  const look = async () => {
    const { content, isError } = await client.callTool({ name: 'get_budget_status', arguments: {} });
    const { text } = (content as { text: string }[])[0] as { text: string };
    return isError ? text : JSON.parse(text).budgets.map((budget: { limit: number }) => budget.limit);
  };
  if (transport.server === undefined) throw new Error('it does not run');
  return { look, server: transport.server };
}

const seed = (path: string) => writeSeed(path, originalScenario(TODAY), 'Europe/Zurich');

describe.each([
  { kind: 'docker', available: dockerAvailable, make: () => dockerRuntime({ images: testImages() }) },
  { kind: 'bubblewrap', available: bubblewrapAvailable, make: () => testBubblewrap() },
])('$kind', ({ available, make }) => {
  test.skipIf(!available)(
    'the spending server sees each write of the host, and of the folder nothing but the database',
    async () => {
      const path = join(temporaryFolder(), 'spendwise.db');
      seed(path);
      const secret = `${path}.secret`;
      writeFileSync(secret, 'mine', { mode: 0o666 });
      const { look, server } = await serverOver(path, make());
      const before = await look();
      expect(before).toContain(80);

      const db = openForWriting(path);
      db.exec('UPDATE budgets SET limit_minor = 7700');
      expect(await look()).toEqual([77, 77, 77, 77]);
      // Locks are seen through the mounts: a write under way is waited for, then said.
      db.exec('BEGIN EXCLUSIVE');
      expect(await look()).toContain('is locked by another program');
      db.exec('ROLLBACK; UPDATE settings SET value = value; UPDATE budgets SET limit_minor = 8000');
      expect(await look()).toEqual([80, 80, 80, 80]);

      // Killed in the middle of a change: no half of it is read, and the host takes it back.
      db.pragma('cache_size = 1');
      db.exec('BEGIN IMMEDIATE; UPDATE budgets SET limit_minor = 1; CREATE TABLE filler (x)');
      const fill = db.prepare('INSERT INTO filler VALUES (randomblob(4000))');
      for (let n = 0; n < 50; n += 1) fill.run();
      const [half, journal] = [readFileSync(path), readFileSync(`${path}-journal`)];
      db.exec('ROLLBACK');
      db.close();
      writeFileSync(path, half);
      writeFileSync(`${path}-journal`, journal);
      expect(await look()).toContain('was killed before it was done');
      readDatabase(path, () => {});
      expect(await look()).toEqual([80, 80, 80, 80]);

      const listed = await server.exec?.(['ls', '-A', join(path, '..')]);
      expect(listed?.output.split(/\s+/).filter(Boolean).sort()).toEqual([
        'spendwise.db',
        'spendwise.db-journal',
      ]);
    },
    120_000,
  );
});
