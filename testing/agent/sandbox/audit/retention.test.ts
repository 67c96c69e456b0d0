import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AuditLog } from '../../../../agent/sandbox/audit/audit-log.ts';
import { headFile, lockFile, partFile, runLogs } from '../../../../agent/sandbox/audit/files.ts';
import { walkLog } from '../../../../agent/sandbox/audit/read.ts';
import { readRemovals, removalsFile } from '../../../../agent/sandbox/audit/removals.ts';
import { removeOldRuns } from '../../../../agent/sandbox/audit/retention.ts';
import { temporaryFolder } from '../../../support/folder.ts';

const remove = (state: string, limit: number) => removeOldRuns(state, (file) => new AuditLog(file), limit);

function start(log: AuditLog, server: string, manifest = 'manifest') {
  log.append({ event: 'consent', server, permission: 'p', verdict: 'granted' });
  log.append({ event: 'start', server, runtime: 'docker', isolated: true, manifest, source: 'm.json' });
}

/** A run that has ended, of so many connections; its name. */
function run(state: string, servers: readonly string[], connections = 0, manifest = 'manifest'): string {
  const log = AuditLog.ofNewRun(state);
  for (const server of servers) start(log, server, manifest);
  for (let n = 0; n < connections; n += 1)
    log.append({
      event: 'egress',
      server: servers[0] ?? '',
      host: 'a.example',
      port: 443,
      verdict: 'allowed',
      reason: 'granted',
    });
  log.close();
  return runLogs(state).at(-1) ?? '';
}

const bytesIn = (state: string) =>
  readdirSync(join(state, 'audit'))
    .filter((name) => !name.startsWith('removals'))
    .reduce((sum, name) => sum + readFileSync(join(state, 'audit', name)).length, 0);

test('a server with many connections pushes out only its own runs', () => {
  const state = temporaryFolder();
  const quiet = run(state, ['sms']);
  const together = run(state, ['sms', 'spending']);
  const loud = [50, 50, 50].map((connections) => run(state, ['loud'], connections));
  const last = run(state, ['notes']);
  remove(state, 20_000);
  expect(runLogs(state)).toEqual([quiet, together, loud[2], last]);
  // A run with several servers has a share of its own: `sms` cannot push it out.
  for (let n = 0; n < 3; n += 1) run(state, ['sms'], 50);
  remove(state, 25_000);
  expect(runLogs(state)).toContain(together);
});

test("a server that uses another's name does not get its share", () => {
  const state = temporaryFolder();
  const quiet = run(state, ['sms']);
  for (let n = 0; n < 3; n += 1) run(state, ['sms'], 50, 'the manifest of a stranger');
  remove(state, 20_000);
  expect(runLogs(state)).toContain(quiet);
});

test('a server within its equal share loses no run, whatever the others do', () => {
  const runs = fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 12 })), {
    minLength: 1,
    maxLength: 14,
  });
  fc.assert(
    fc.property(runs, fc.integer({ min: 2_000, max: 30_000 }), (made, limit) => {
      const state = temporaryFolder();
      const logs = made.map(([server, connections]) => ({
        server,
        log: run(state, [`s${server}`], connections),
      }));
      const size = ({ log }: { log: string }) =>
        readFileSync(log).length + readFileSync(headFile(log)).length;
      const groups = [...Map.groupBy(logs, ({ server }) => server).values()].map((group) => ({
        group,
        total: group.reduce((sum, each) => sum + size(each), 0),
      }));
      remove(state, limit);
      expect(bytesIn(state)).toBeLessThanOrEqual(limit);
      const left = new Set(runLogs(state));
      for (const { group, total } of groups) {
        const kept = group.filter(({ log }) => left.has(log));
        if (total <= limit / groups.length) expect(kept).toEqual(group);
        // The oldest go first.
        expect(kept).toEqual(group.slice(group.length - kept.length));
      }
      expect(readRemovals(state).count).toBe(made.length - left.size);
    }),
    { numRuns: 25 },
  );
});

test('runs that are being written cost no other server its runs', () => {
  const state = temporaryFolder();
  const quiet = run(state, ['sms']);
  const writing = [1, 2].map(() => {
    const log = AuditLog.ofNewRun(state);
    start(log, 'loud');
    for (let n = 0; n < 50; n += 1) log.append({ event: 'tool_call', server: 'loud', tool: 't' });
    return log;
  });
  remove(state, 10_000);
  expect(runLogs(state)).toHaveLength(3);
  for (const log of writing) log.close();
  remove(state, 10_000);
  expect(runLogs(state)).toContain(quiet);
});

test('records a removal first, in its own chain', () => {
  const state = temporaryFolder();
  const gone = run(state, ['sms', 'spending'], 3);
  const { hash } = JSON.parse(readFileSync(gone, 'utf8').trimEnd().split('\n').at(-1) ?? '');
  const bytes = readFileSync(gone).length + readFileSync(headFile(gone)).length;
  remove(state, 0);
  const second = run(state, ['sms']);
  remove(state, 0);
  expect(runLogs(state)).toEqual([]);
  const records = readFileSync(removalsFile(state), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(records).toMatchObject([
    {
      event: 'run_removed',
      run: basename(gone, '.jsonl'),
      servers: ['sms', 'spending'],
      lines: 7,
      head: hash,
      bytes,
    },
    { event: 'run_removed', run: basename(second, '.jsonl'), servers: ['sms'], lines: 2 },
  ]);
  expect(walkLog(removalsFile(state))).toEqual({ lines: 2, problem: undefined, afterHead: 0 });
  expect(readRemovals(state)).toEqual({ count: 2, last: records[1].time, problem: undefined });
});

test('removes nothing while removals cannot be recorded', () => {
  const state = temporaryFolder();
  run(state, ['sms']);
  remove(state, 0);
  run(state, ['sms']);
  writeFileSync(removalsFile(state), 'another record\n');
  expect(() => remove(state, 0)).toThrow(/cannot use the audit log .*removals/);
  expect(runLogs(state)).toHaveLength(1);
});

test('removes nothing while another process removes runs', () => {
  const state = temporaryFolder();
  run(state, ['sms']);
  const other = new AuditLog(removalsFile(state));
  remove(state, 0);
  expect(runLogs(state)).toHaveLength(1);
  other.close();
  remove(state, 0);
  expect(runLogs(state)).toEqual([]);
});

test('a run that writes too much ends, and its log says why', () => {
  const state = temporaryFolder();
  const file = join(state, 'log.jsonl');
  const log = new AuditLog(file, { partBytes: 1_000, maxBytes: 3_000 });
  const flood = () => {
    for (let n = 0; n < 100; n += 1) log.append({ event: 'tool_call', server: 'loud', tool: 't' });
  };
  expect(flood).toThrow(/is full/);
  expect(flood).toThrow(/is full/);
  expect(() => log.close()).toThrow(/is full/);
  const files = [1, 2, 3, 4].map((part) => partFile(file, part));
  expect(
    files
      .slice(0, 4)
      .map((part) => readFileSync(part).length)
      .reduce((a, b) => a + b),
  ).toBeLessThan(3_500);
  const lines: unknown[] = [];
  expect(walkLog(file, ({ record }) => lines.push(record))).toMatchObject({ problem: undefined });
  expect(lines.at(-1)).toMatchObject({ event: 'log_full', server: 'loud' });
  expect(readdirSync(state)).not.toContain(basename(lockFile(file)));
});
