import type { Runtime } from '../../../agent/sandbox/plan/runtime.ts';
import type { Combination } from './combinations.ts';
import { alertsWrong, type Evidence, trespass } from './evidence.ts';
import { SLOTS } from './home.ts';
import { Lane, type LaneOptions, ORDER } from './lane.ts';
import { Obeying, type Plot, type Thinking } from './models/obeying.ts';

/** What came of one combination. */
export interface Result {
  readonly combination: Combination;
  /** The payload was in what the model was given. */
  readonly reached: boolean;
  /** What shows that the attacker got what they wanted; undefined: nothing does. */
  readonly achieved: string | undefined;
  /** What is wrong with the person's own alerts, or happened that never must. */
  readonly wrong: string | undefined;
  /** Calls that the door decided about. */
  readonly calls: number;
}

/** Runs combinations of one cast of servers, as many to a session as its hour's texts allow; sessions side by side. */
export async function runObeying(
  all: readonly Combination[],
  runtime: Runtime,
  onResult: (result: Result) => void = () => {},
  sideBySide = 2,
): Promise<Result[]> {
  const groups = grouped(all);
  const results: Result[] = [];
  const worker = async () => {
    for (let group = groups.shift(); group !== undefined; group = groups.shift()) {
      for (const result of await runGroup(group, runtime)) {
        results.push(result);
        onResult(result);
      }
    }
  };
  await Promise.all(Array.from({ length: sideBySide }, worker));
  return results;
}

/** Of one cast of servers each, and as many as have names for their budgets. */
function grouped(all: readonly Combination[]): Combination[][] {
  return [...Map.groupBy(all, ({ carrier }) => carrier.cast).values()].flatMap((same) => {
    const groups = Math.ceil(same.length / SLOTS);
    return Array.from({ length: groups }, (_, at) => same.slice(at * SLOTS, (at + 1) * SLOTS));
  });
}

/** One session. `change` is for a door that is not the app's. */
export async function runGroup(
  group: readonly Combination[],
  runtime: Runtime,
  change: Partial<LaneOptions> = {},
): Promise<Result[]> {
  const cast = group[0]?.carrier.cast ?? 'own';
  const descriptions = group.flatMap(({ carrier, payload }) => carrier.describe?.(payload) ?? []);
  const lane = await Lane.open({ cast, runtime, descriptions, ...change });
  try {
    const results: Result[] = [];
    for (const combination of group) results.push(await runOne(lane, combination));
    const escaped = await lane.callHome();
    return results.map((result) => (escaped === undefined ? result : { ...result, wrong: escaped }));
  } finally {
    await lane.close();
  }
}

async function runOne(lane: Lane, combination: Combination): Promise<Result> {
  const model = new Obeying(plotOf(lane, combination));
  const evidence = await attackWith(lane, combination, model);
  return {
    combination,
    reached: model.reached,
    achieved: combination.goal.achieved(evidence),
    wrong: alertsWrong(evidence) ?? trespass(evidence),
    calls: evidence.policy.length,
  };
}

/** What a model is told that plays in a combination. */
export function plotOf(lane: Lane, { goal, carrier, phrasing, sign }: Combination): Plot {
  const known = { collector: lane.outside.collector, files: lane.home.files };
  return { goal, phrasing, sign, turns: carrier.answer === undefined ? 0 : 1, known };
}

/** Puts the payload where its carrier has it, and lets the model loose. */
export function attackWith(lane: Lane, combination: Combination, model: Thinking): Promise<Evidence> {
  const { carrier, payload } = combination;
  const answered = carrier.answer?.(payload);
  const beside = carrier.result?.(payload);
  const file = carrier.file?.(payload);
  return lane.attack({
    planted: carrier.plant?.(payload) ?? {},
    order: carrier.say?.(payload, ORDER) ?? ORDER,
    model,
    ...(answered === undefined ? {} : { answered }),
    ...(beside === undefined ? {} : { beside }),
    ...(file === undefined ? {} : { file }),
  });
}
