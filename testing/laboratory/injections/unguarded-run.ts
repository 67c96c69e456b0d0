import type { Runtime } from '../../../agent/sandbox/plan/runtime.ts';
import { type Combination, combinations } from './combinations.ts';
import { type Result, runGroup } from './obeying-run.ts';

/** Every goal, by three carriers, in plain words. */
export const unguardedCombinations = (): Combination[] =>
  combinations().filter(
    ({ phrasing, carrier }) =>
      phrasing.name === 'plain' && ['description', 'own answer', 'third server'].includes(carrier.name),
  );

/** The same attacks where nothing stands before the servers: the judge must see them succeed. */
export const runUnguarded = (runtime: Runtime): Promise<Result[]> =>
  runGroup(unguardedCombinations(), runtime, { cast: 'third', unguarded: true });
