import type { Runtime } from '../../../agent/sandbox/plan/runtime.ts';
import { CARRIERS } from './carriers.ts';
import { type Combination, combination } from './combinations.ts';
import { alertsWrong, trespass } from './evidence.ts';
import { GOALS } from './goals/all.ts';
import type { Goal } from './goals/goal.ts';
import { Lane } from './lane.ts';
import { Adaptive } from './models/adaptive.ts';
import { attackWith, plotOf, type Result } from './obeying-run.ts';
import { PHRASINGS } from './phrasings.ts';

/** Of each cast of servers, and of what the model itself has said. */
const SEVERAL = ['description', "budget's name", 'own answer', 'tool result', 'third server'];

/** Every goal with several carriers. */
export const adaptiveCombinations = (): Combination[] =>
  CARRIERS.filter(({ name }) => SEVERAL.includes(name))
    .flatMap((carrier) => GOALS.map((goal) => ({ goal, carrier })))
    .map((parts, ordinal) =>
      combination({
        ...parts,
        phrasing: PHRASINGS[ordinal % PHRASINGS.length] as (typeof PHRASINGS)[number],
        ordinal,
      }),
    );

/** Goals that a person does not allow by saying beforehand that texts to their own number need no question. */
export const notPreApproved = ({ name }: Goal): boolean =>
  ["text an attacker's number", 'text a premium number', 'a phishing link'].includes(name);

/** A model that tries until nothing is left to try, in a session of its own. */
export async function runAdaptive(
  one: Combination,
  runtime: Runtime,
  { preApproved = false } = {},
): Promise<Result> {
  const descriptions = [one.carrier.describe?.(one.payload) ?? ''];
  const lane = await Lane.open({ cast: one.carrier.cast, runtime, descriptions, preApproved });
  try {
    const model = new Adaptive(plotOf(lane, one));
    const evidence = await attackWith(lane, one, model);
    return {
      combination: one,
      reached: model.reached,
      achieved: one.goal.achieved(evidence),
      // With words that the person allowed beforehand, more texts than the alerts may go out.
      wrong: (preApproved ? undefined : alertsWrong(evidence)) ?? trespass(evidence),
      calls: model.calls,
    };
  } finally {
    await lane.close();
  }
}
