import { setTimeout as sleep } from 'node:timers/promises';
import type { PostStage } from '../../stand-ins/twilio.ts';
import { dice } from '../sms-torture/dice.ts';
import { type StartedRun, startAlert } from './alert-run.ts';
import { lastServerOf } from './enumerated.ts';
import { Home } from './home.ts';
import { lastRunAndVerdict, ledgerProblems, problemsOf } from './last-run.ts';
import { type Luck, luck } from './luck.ts';
import { findVictim, gone, killNow, type RuntimeName, type Victim } from './victims.ts';

export interface RoundOptions {
  readonly runs: number;
  readonly runtime: RuntimeName;
  readonly seed: number;
  /** Households at a time. */
  readonly parallel: number;
  readonly say?: (line: string) => void;
}

export interface RoundFigures {
  readonly violations: string[];
  runs: number;
  readonly kills: Record<Victim, number>;
  /** A kill was planned, and the victim was not there at that moment. */
  missed: number;
  texts: number;
  unknowns: number;
  settledByLookUp: number;
  readonly faults: Record<string, number>;
}

/** A household lives for so many rounds: no more texts are let out in an hour than it then has thresholds. */
const ROUNDS = 8;

/**
 * Runs of the real command, one after the other in each household, several households at a time. Spending changes from
 * round to round, so that each run has its own alerts to send and what the run before left open to settle.
 */
export async function runRounds(options: RoundOptions): Promise<RoundFigures> {
  const figures: RoundFigures = {
    violations: [],
    runs: 0,
    kills: { host: 0, server: 0, gateway: 0 },
    missed: 0,
    texts: 0,
    unknowns: 0,
    settledByLookUp: 0,
    faults: {},
  };
  // How long a run that sends takes here, by those that nobody disturbed.
  const pace = { milliseconds: 1500 };
  let begun = 0;
  const household = async () => {
    for (let at = begun; at * ROUNDS < options.runs; at = begun) {
      begun += 1;
      const rounds = Math.min(ROUNDS, options.runs - at * ROUNDS);
      await live(options.seed + at, rounds, options, figures, pace);
      options.say?.(summaryOf(figures));
    }
  };
  await Promise.all(Array.from({ length: options.parallel }, household));
  return figures;
}

export const summaryOf = (figures: RoundFigures): string => {
  const { runs, kills, missed, texts, unknowns, settledByLookUp, faults, violations } = figures;
  const killed = Object.entries(kills).map(([victim, count]) => `${victim} ${count}`);
  const given = Object.values(faults).reduce((sum, count) => sum + count, 0);
  return [
    `${runs} runs`,
    `kill -9 of ${killed.join(', ')} (${missed} came too late)`,
    `${given} faults`,
    `${texts} texts`,
    `${unknowns} unknown, ${settledByLookUp} of them settled by a look-up`,
    `${violations.length} violations`,
  ].join('; ');
};

async function live(
  seed: number,
  rounds: number,
  { runtime, say }: RoundOptions,
  figures: RoundFigures,
  pace: { milliseconds: number },
): Promise<void> {
  const random = dice(seed);
  const home = await Home.open();
  const blame = (problems: readonly string[]) => {
    for (const problem of problems.map((each) => `seed ${seed}: ${each}`)) {
      figures.violations.push(problem);
      say?.(`error: ${problem}`);
    }
  };
  try {
    const servers: Promise<number | undefined>[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const drawn = luck(random, runtime, pace.milliseconds);
      for (const { category, amountMinor } of drawn.purchases(home)) home.spend(category, amountMinor);
      home.twilio.faults.clear();
      for (const { fault, method } of drawn.faults) home.twilio.faults.next(fault, 1, method);
      let stageReached: (stage: PostStage) => void = () => {};
      home.onPost = async (stage) => stageReached(stage);
      const run = startAlert(home, runtime);
      servers.push(lastServerOf(run, runtime));
      const killed = killAt(drawn, run, runtime, (listener) => {
        stageReached = listener;
      });
      const ended = await run.ended;
      const hit = await killed;
      figures.runs += 1;
      if (drawn.victim !== undefined) {
        if (hit) figures.kills[drawn.victim] += 1;
        else figures.missed += 1;
      }
      const hostDied = hit && drawn.victim === 'host';
      if (!hostDied) blame(problemsOf(ended));
      if (!hostDied) home.wasSeen();
      blame(ledgerProblems(home));
      for (const { sid } of ended.report?.sent ?? [])
        if (!home.twilio.inbox.some((text) => text.sid === sid))
          blame([`reported as sent, and was not: ${sid}`]);
      if (!hit && (ended.report?.sent.length ?? 0) > 0)
        pace.milliseconds += (ended.milliseconds - pace.milliseconds) / 8;
    }
    for (const server of await Promise.all(servers)) await gone(server);
    for (const [kind, count] of home.twilio.faults.given)
      figures.faults[kind] = (figures.faults[kind] ?? 0) + count;
    const verdict = await lastRunAndVerdict(home, runtime);
    // A household that midnight fell upon spent in periods that are over: what is due in them is none of ours.
    if (home.isStillToday) blame(verdict.violations);
    figures.texts += verdict.texts;
    figures.unknowns += verdict.unknowns;
    figures.settledByLookUp += verdict.settledByLookUp;
  } finally {
    await home.close();
  }
}

/** Kills as was drawn; whether it hit. */
async function killAt(
  { victim, moment }: Luck,
  run: StartedRun,
  runtime: RuntimeName,
  onStage: (listener: (stage: PostStage) => void) => void,
): Promise<boolean> {
  if (victim === undefined) return false;
  let over = false;
  const ended = run.ended.then(() => {
    over = true;
  });
  if (moment.of === 'POST') {
    const reached = new Promise<void>((resolve) => {
      onStage((stage) => {
        if (stage === moment.stage) resolve();
      });
    });
    await Promise.race([reached, ended]);
  }
  await Promise.race([sleep(moment.afterMs), ended]);
  while (!over) {
    const pid = await findVictim(victim, run.pid, runtime);
    if (pid !== undefined) return killNow(pid);
    // Not there yet.
    await sleep(10);
  }
  return false;
}
