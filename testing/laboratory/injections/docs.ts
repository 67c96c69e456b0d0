import { readFileSync, writeFileSync } from 'node:fs';
import type { NamesResult } from './names-run.ts';
import { type Outcome, sum, table } from './table.ts';

const README = new URL('./README.md', import.meta.url);
const [BEGIN, END] = ['<!-- made by npm run injections -- --write -->', '<!-- end -->'];

export interface Findings {
  readonly obeying: readonly Outcome[];
  readonly adaptive: readonly Outcome[];
  readonly preApproved: readonly Outcome[];
  readonly names: Pick<NamesResult, 'names' | 'carried' | 'wrong'>;
  readonly unguarded: readonly Outcome[];
  /** Calls of the model that adapts, in all. */
  readonly calls: number;
}

/** What the docs say was found: counts, no times. */
export function findings(found: Findings): string {
  const { obeying, adaptive, preApproved, names, unguarded, calls } = found;
  const reached = unguarded.filter(({ achieved }) => achieved !== undefined).length;
  const allowed = preApproved.filter(({ achieved }) => achieved !== undefined).length;
  return [
    '**The model that obeys**',
    '',
    ...table(obeying),
    '',
    `${sum(obeying)}.`,
    '',
    '**The model that tries variants**',
    '',
    ...table(adaptive),
    '',
    `${sum(adaptive)}. With \`--approve-own-texts\`, ${preApproved.length} more, ${allowed} successes. In all ${calls} calls.`,
    '',
    `**Names of budgets**: ${names.names} numbers and links in other clothes, ${names.carried.length} carried into a text, ${names.wrong.length} alerts wrong.`,
    '',
    `**Without policy, ledger and guards**: ${reached} of ${unguarded.length} combinations succeed.`,
  ].join('\n');
}

export const withoutCalls = (text: string): string => text.replace(/\d+ calls/, '… calls');

/** What stands between the marks in the README. */
export function written(): string {
  const text = readFileSync(README, 'utf8');
  return text.slice(text.indexOf(BEGIN) + BEGIN.length, text.indexOf(END)).trim();
}

export function write(text: string): void {
  const now = readFileSync(README, 'utf8');
  const [before, after] = [now.slice(0, now.indexOf(BEGIN)), now.slice(now.indexOf(END))];
  writeFileSync(README, `${before}${BEGIN}\n\n${text}\n\n${after}`);
}
