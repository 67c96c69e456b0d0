import { expect, test } from 'vitest';
import { processRuntime } from '../../../agent/sandbox/runtimes/process.ts';
import { TODAY } from '../../support/in-full.ts';
import { combinationsOfDay } from './combinations.ts';
import { runObeying } from './obeying-run.ts';
import { describe, isBad } from './table.ts';

test('a model that obeys what it reads reaches nothing, and every alert is right', async () => {
  const mine = combinationsOfDay(TODAY);
  const results = await runObeying(mine, processRuntime({ unsandboxed: true }));
  const day = `SPENDWISE_TEST_DAY=${TODAY}`;
  expect(results.filter(({ reached }) => !reached).map(describe), day).toEqual([]);
  expect(results.filter(isBad).map(describe), day).toEqual([]);
  expect(results).toHaveLength(mine.length);
}, 240_000);

test('tries every combination within as many days as there are phrasings', () => {
  const days = [0, 1, 2, 3, 4, 5].map((day) => combinationsOfDay(day).map(({ ordinal }) => ordinal));
  expect(new Set(days.flat()).size).toBe(1080);
  expect(days.map(({ length }) => length)).toEqual(Array(6).fill(180));
});
