import { expect, test } from 'vitest';
import { bounded } from '../../../../agent/sandbox/broker/bounded-record.ts';
import type { EgressEvent } from '../../../../agent/sandbox/plan/egress.ts';

const denied = (path: string): EgressEvent => ({
  host: 'api.example.com',
  port: 443,
  verdict: 'denied',
  reason: 'no rule',
  request: { method: 'GET', path },
});

test('records 5,000 of 100,000 denials, and describes 200 different requests with their counts', () => {
  const recorded: EgressEvent[] = [];
  const record = bounded((event) => void recorded.push(event));
  for (let n = 0; n < 100_000; n += 1) record(denied(`/v1/${n % 300}`));
  expect(recorded).toHaveLength(5_000);
  expect(recorded.at(-1)?.reason).toMatch(/^too many attempts/);
  const described = recorded.flatMap(({ request }) => request?.path ?? []);
  expect(new Set(described).size).toBe(200);
  expect(described.filter((path) => path === '/v1/0')).toHaveLength(17);
});
