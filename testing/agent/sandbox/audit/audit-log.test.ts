import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { AuditLog } from '../../../../agent/sandbox/audit/audit-log.ts';
import { encodeHead, headFile, lockFile, partFile, runLogs } from '../../../../agent/sandbox/audit/files.ts';
import { walkLog } from '../../../../agent/sandbox/audit/read.ts';
import { removeOldRuns } from '../../../../agent/sandbox/audit/retention.ts';
import { Failed } from '../../../../agent/sandbox/foundation/errors.ts';
import { toolCall } from '../../../support/audit.ts';
import { cost } from '../../../support/cost.ts';
import { temporaryFolder } from '../../../support/folder.ts';
import { REPO } from '../../../support/run.ts';

const newFile = () => join(temporaryFolder(), 'audit', 'log.jsonl');

function write(file: string, tools: readonly string[], options?: ConstructorParameters<typeof AuditLog>[1]) {
  const log = new AuditLog(file, options);
  for (const tool of tools) log.append(toolCall(tool));
  log.close();
}

const linesOf = (file: string) => readFileSync(file, 'utf8').trimEnd().split('\n');

test('each line has the hash of the line before, also after a restart', () => {
  const file = newFile();
  for (const how of ['exit code 0', 'exit code 1']) {
    const log = new AuditLog(file);
    log.append({ event: 'tool_call', server: 's', tool: 't' });
    log.append({ event: 'stop', server: 's', how });
    log.close();
    log.append({ event: 'stop', server: 's', how: 'after close' });
  }
  let previous = '0'.repeat(64);
  expect(linesOf(file)).toHaveLength(4);
  for (const [at, line] of linesOf(file).entries()) {
    const { hash, ...body } = JSON.parse(line);
    expect(body).toMatchObject({ line: at + 1, prev: previous });
    expect(createHash('sha256').update(JSON.stringify(body)).digest('hex')).toBe(hash);
    previous = hash;
  }
  expect(walkLog(file)).toEqual({ lines: 4, problem: undefined, afterHead: 0 });
  for (const made of [file, headFile(file)]) expect(statSync(made).mode & 0o077).toBe(0);
});

test('does not write to a file that is not a log', () => {
  const file = join(temporaryFolder(), 'log.jsonl');
  writeFileSync(file, 'no JSON\n');
  expect(() => new AuditLog(file)).toThrow(/cannot use the audit log/);
  expect(readFileSync(file, 'utf8')).toBe('no JSON\n');
  expect(existsSync(lockFile(file))).toBe(false);
});

test('a log and its chain continue in parts, also after restarts', () => {
  const file = newFile();
  for (let run = 0; run < 4; run += 1) write(file, ['a', 'b', 'c', 'd', 'e'], { partBytes: 1_000 });
  expect(existsSync(partFile(file, 3))).toBe(true);
  for (const part of [1, 2, 3]) expect(statSync(partFile(file, part)).size).toBeLessThanOrEqual(1_000);
  expect(walkLog(file)).toEqual({ lines: 20, problem: undefined, afterHead: 0 });
  // Killed between making a part and writing to it.
  writeFileSync(
    partFile(file, readdirSync(join(file, '..')).filter((name) => /\d\.jsonl$/.test(name)).length + 2),
    '',
  );
  write(file, ['f']);
  expect(walkLog(file)).toMatchObject({ lines: 21, problem: undefined });
});

test('limits the length of hostile texts and masks numbers', () => {
  const file = newFile();
  write(file, ['x'.repeat(1_000_000), 'text +12025550143 or %2B12025550143']);
  expect(linesOf(file)[0]?.length).toBeLessThan(5_000);
  expect(readFileSync(file, 'utf8')).not.toContain('202555');
  expect(linesOf(file)[1]).toContain('text +…0143 or %2B…0143');
});

test('removes a last line torn by a crash, and records it', () => {
  const file = newFile();
  write(file, ['a', 'b']);
  appendFileSync(file, '{"line":3,"time":"20');
  expect(walkLog(file)?.problem).toEqual({ kind: 'torn last line', line: 3, part: 1 });
  write(file, ['c']);
  expect(walkLog(file)).toEqual({ lines: 4, problem: undefined, afterHead: 0 });
  expect(JSON.parse(linesOf(file)[2] ?? '')).toMatchObject({
    event: 'torn_line_removed',
    bytes: 20,
    text: '{"line":3,"time":"20',
  });
});

test('continues a log that is ahead of its head', () => {
  const file = newFile();
  write(file, ['a', 'b']);
  const before = readFileSync(headFile(file));
  write(file, ['c']);
  writeFileSync(headFile(file), before);
  expect(walkLog(file)).toEqual({ lines: 3, problem: undefined, afterHead: 1 });
  write(file, ['d']);
  expect(walkLog(file)).toEqual({ lines: 4, problem: undefined, afterHead: 0 });
});

test.each<[string, (file: string) => void]>([
  ['was cut off between lines', (file) => writeFileSync(file, `${linesOf(file)[0]}\n`)],
  ['was cut off within a line', (file) => truncateSync(file, statSync(file).size - 10)],
  ['was emptied', (file) => truncateSync(file)],
  ['has another last line', (file) => writeFileSync(file, readFileSync(file, 'utf8').replace('"b"', '"x"'))],
  ['has no head', (file) => writeFileSync(headFile(file), '')],
  [
    'has the head of another',
    (file) => writeFileSync(headFile(file), encodeHead({ lines: 2, part: 1, hash: 'a'.repeat(64) })),
  ],
])('does not write to a log that %s', (_what, tamper) => {
  const file = newFile();
  write(file, ['a', 'b']);
  tamper(file);
  const before = readFileSync(file);
  expect(walkLog(file)?.problem).toBeDefined();
  expect(() => new AuditLog(file)).toThrow(Failed);
  expect(readFileSync(file).equals(before)).toBe(true);
});

test('reads only the end of a huge log when it opens it', async () => {
  const file = newFile();
  write(file, Array(5).fill('a'));
  const [line] = linesOf(file);
  const tail = readFileSync(file);
  // 200 MB of lines before: had they been read, it would show in work and memory.
  writeFileSync(file, `${line}\n`.repeat(800_000));
  appendFileSync(file, tail);
  const { rss } = process.memoryUsage();
  expect(await cost(() => new AuditLog(file).close())).toBeLessThan(100);
  expect(process.memoryUsage().rss - rss).toBeLessThan(50e6);
});

test('only one process writes a log at a time', async () => {
  const file = newFile();
  const log = new AuditLog(file);
  expect(() => new AuditLog(file)).toThrow(new RegExp(`in use by process ${process.pid} on `));
  log.close();
  const code = `const { AuditLog } = await import(${JSON.stringify(`${REPO}agent/sandbox/audit/audit-log.ts`)});
    new AuditLog(${JSON.stringify(file)}).append({ event: 'tool_call', server: 's', tool: 't' });
    console.log('open'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  expect(() => new AuditLog(file)).toThrow(new RegExp(`in use by process ${child.pid}`));
  child.kill('SIGKILL');
  await once(child, 'exit');
  // What the killed one left is taken over.
  write(file, ['after']);
  expect(walkLog(file)).toEqual({ lines: 2, problem: undefined, afterHead: 0 });
});

test.skipIf(process.platform !== 'linux')(
  'a lock is stale when another process has its process number now',
  () => {
    const file = newFile();
    write(file, []);
    const lock = (owner: object) => writeFileSync(lockFile(file), JSON.stringify(owner));
    lock({ host: hostname(), pid: process.pid, started: '1' });
    write(file, ['a']);
    lock({ host: 'another.example', pid: 1, started: '1' });
    expect(() => new AuditLog(file)).toThrow(/in use by process 1 on another.example/);
    writeFileSync(lockFile(file), '');
    expect(() => new AuditLog(file)).toThrow(/in use/);
  },
);

test.skipIf(!existsSync('/dev/full'))('on a full disk, nothing is recorded as done, then or later', () => {
  const file = join(temporaryFolder(), 'log.jsonl');
  symlinkSync('/dev/full', file);
  writeFileSync(headFile(file), encodeHead({ lines: 0, part: 1, hash: '0'.repeat(64) }));
  const log = new AuditLog(file);
  for (const tool of ['a', 'b'])
    expect(() => log.append(toolCall(tool))).toThrow(/cannot write the audit log/);
  expect(() => log.close()).toThrow(/cannot write the audit log/);
  log.close();
  expect(existsSync(lockFile(file))).toBe(false);
});

test('removes old runs when the folder is too large, never a run that is being written', () => {
  const folder = temporaryFolder();
  const logs = Array.from({ length: 5 }, () => {
    const log = AuditLog.ofNewRun(folder);
    log.append(toolCall('x'.repeat(1_000)));
    return log;
  });
  const [oldest, ...others] = logs;
  for (const log of others) log.close();
  const before = runLogs(folder);
  expect(before).toHaveLength(5);
  removeOldRuns(folder, (file) => new AuditLog(file), 1_800);
  expect(runLogs(folder)).toEqual([before[0], before[4]]);
  expect(readdirSync(join(folder, 'audit')).filter((name) => name.includes('.jsonl'))).toHaveLength(5);
  oldest?.append(toolCall('still there'));
  oldest?.close();
  expect(walkLog(before[0] ?? '')).toMatchObject({ lines: 2, problem: undefined });
});

test('no secret of the environment is written, also where a server puts it into a name', () => {
  const stateDir = temporaryFolder();
  const token = 'aB3dEf6hIj9lMn0p';
  const log = AuditLog.ofNewRun(stateDir, {
    SOME_TOKEN: token,
    OTHER: 'denied',
    PHONES: '+12025550143, +41791234567',
    VERSION: '1.2.3+20251129',
  });
  const hex = Buffer.from(token).toString('hex');
  const egress = { event: 'egress', server: 's', port: 53, verdict: 'denied' } as const;
  log.append({ ...egress, host: `${token.toLowerCase()}.attacker.example`, reason: `for ${hex}` });
  log.append({ ...egress, host: '41-79-123-45-67.attacker.example', reason: 'for 12025550143' });
  log.append({
    ...{ ...egress, host: 'a.example', reason: 'since 2025-11-29' },
    request: {
      method: 'POST',
      path: '/',
      form: { [token]: { maxLength: 1 }, '+12025550143': { maxLength: 2 } },
    },
  });
  log.append({ event: 'tools_left_out', server: 's', tools: ['tool', `tool_${token}`] });
  log.close();
  const text = readFileSync(log.file, 'utf8');
  expect(text).toContain('"host":"[secret].attacker.example"');
  expect(text.toLowerCase()).not.toContain(token.toLowerCase());
  expect(text).not.toContain(hex);
  expect(text).toContain('"tools":["tool","tool_[secret]"]');
  expect(text).toContain('"host":"+…4567.attacker.example","reason":"for +…0143"');
  expect(text).toContain('"since 2025-11-29"');
  expect(text).toContain('"form":{"[secret]":{"maxLength":1},"+…0143":{"maxLength":2}}');
  expect(walkLog(log.file)).toMatchObject({ lines: 4, problem: undefined });
});
