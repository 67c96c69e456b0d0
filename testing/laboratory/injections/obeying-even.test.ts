import { test } from 'vitest';
import { expectNoSuccess } from './halves.ts';

test(
  'a model that obeys what it reads reaches nothing, and every alert is right (even combinations)',
  {
    timeout: 240_000,
  },
  () => expectNoSuccess(0),
);
