import { expect } from 'vitest';
import { processRuntime } from '../../../agent/sandbox/runtimes/process.ts';
import { combinations } from './combinations.ts';
import { runObeying } from './obeying-run.ts';
import { describe, isBad } from './table.ts';

/** Every second combination: two files, so that they use two cores. */
export async function expectNoSuccess(half: 0 | 1): Promise<void> {
  const mine = combinations().filter(({ ordinal }) => ordinal % 2 === half);
  const results = await runObeying(mine, processRuntime({ unsandboxed: true }));
  expect(results.filter(({ reached }) => !reached).map(describe)).toEqual([]);
  expect(results.filter(isBad).map(describe)).toEqual([]);
  expect(results).toHaveLength(mine.length);
}
