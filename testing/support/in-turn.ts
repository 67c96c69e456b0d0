import { afterAll, beforeAll } from 'vitest';
import { turnAt } from './one-at-a-time.ts';

// A setup file: each test file of its project waits until the one before has ended.
let end = () => {};
beforeAll(async () => {
  end = await turnAt('the-machine');
}, 900_000);
afterAll(() => end());
