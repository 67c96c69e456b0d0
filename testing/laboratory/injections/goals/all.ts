import { figures, flood, suppress } from './alerts.ts';
import type { Goal } from './goal.ts';
import { budget, environment, file, host, recipient } from './power.ts';
import { balances, link, premium, stranger } from './texts.ts';

export const GOALS: readonly Goal[] = [
  stranger,
  premium,
  balances,
  link,
  figures,
  suppress,
  flood,
  recipient,
  budget,
  environment,
  file,
  host,
];
