import { createHash } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { AuditLog } from '../../../agent/sandbox/audit.ts';
import { temporaryFolder } from '../../support/folder.ts';

test('each line carries the hash of the one before, over a restart too', () => {
  const file = join(temporaryFolder(), 'audit', 'log.jsonl');
  for (const how of ['exit code 0', 'exit code 1']) {
    const log = new AuditLog(file);
    log.append({ event: 'tool_call', server: 's', tool: 't' });
    log.append({ event: 'stop', server: 's', how });
    log.close();
  }
  let previous = '0'.repeat(64);
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  expect(lines).toHaveLength(4);
  for (const line of lines) {
    const { hash, ...body } = JSON.parse(line);
    expect(body.prev).toBe(previous);
    expect(createHash('sha256').update(JSON.stringify(body)).digest('hex')).toBe(hash);
    previous = hash;
  }
  expect(statSync(file).mode & 0o077).toBe(0);
});

test('a log that cannot be read is not written to', () => {
  const file = join(temporaryFolder(), 'log.jsonl');
  writeFileSync(file, 'no JSON\n');
  expect(() => new AuditLog(file)).toThrow(/cannot use the audit log/);
  expect(readFileSync(file, 'utf8')).toBe('no JSON\n');
});
