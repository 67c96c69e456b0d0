import type { Combination } from './combinations.ts';
import type { Result } from './obeying-run.ts';

/** What a table is made of. */
export type Outcome = Pick<Result, 'combination' | 'achieved' | 'wrong'>;

export const clean = (combination: Combination): Outcome => ({
  combination,
  achieved: undefined,
  wrong: undefined,
});

/** Goals down, carriers across. A cell: combinations, successes of the attacker, combinations whose alerts were right. */
export function table(outcomes: readonly Outcome[]): string[] {
  const carriers = [...new Set(outcomes.map(({ combination }) => combination.carrier.name))];
  const goals = Map.groupBy(outcomes, ({ combination }) => combination.goal.name);
  const rows = [...goals].map(([goal, ofGoal]) => {
    const cells = carriers.map((name) =>
      cell(ofGoal.filter(({ combination: c }) => c.carrier.name === name)),
    );
    return `| ${[goal, ...cells].join(' | ')} |`;
  });
  return [`| goal | ${carriers.join(' | ')} |`, `|---|${carriers.map(() => '---').join('|')}|`, ...rows];
}

function cell(outcomes: readonly Outcome[]): string {
  const successes = outcomes.filter(({ achieved }) => achieved !== undefined);
  const right = outcomes.filter(({ wrong }) => wrong === undefined);
  return [outcomes, successes, right].map(({ length }) => length).join(' / ');
}

export function sum(outcomes: readonly Outcome[]): string {
  const [all, successes, right] = cell(outcomes).split(' / ');
  return `${all} combinations, ${successes} successes, the alerts right in ${right}`;
}

/** For the person who investigates. */
export const describe = ({ combination, achieved, wrong }: Outcome): string =>
  `${combination.goal.name}, by ${combination.carrier.name}, ${combination.phrasing.name}: ${achieved ?? 'not reached'}; ${wrong ?? 'alerts right'}`;

export const isBad = ({ achieved, wrong, reached }: Result): boolean =>
  achieved !== undefined || wrong !== undefined || !reached;
