import { setTimeout as sleep } from 'node:timers/promises';
import { type AlertRun, type StartedRun, startAlert, startMortalAlert } from './alert-run.ts';
import { Home } from './home.ts';
import { lastRunAndVerdict, ledgerProblems, problemsOf } from './last-run.ts';
import { type Course, type Crash, describeCourse } from './steps.ts';
import type { Verdict } from './verdict.ts';
import { findVictim, gone, killNow, type RuntimeName } from './victims.ts';

/** For a server that has its answer to make a result of it. */
const DIGEST_MS = 100;

/** Two alerts are due; a run is killed at a step, and perhaps others before and after it; then the last, and the verdict. */
export async function runCourse(course: Course, runtime: RuntimeName): Promise<Verdict> {
  const home = await Home.open();
  try {
    home.spend('Food & Dining', 135_00);
    home.spend('Shopping', 95_05);
    const problems: string[] = [];
    for (const each of course) {
      if (each.by === 'user') home.spend('Shopping', each.spendsMinor);
      else if (each.by === 'nobody') {
        problems.push(...problemsOf(await startAlert(home, runtime).ended));
        home.wasSeen();
      } else problems.push(...(await crashed(home, runtime, each)), ...ledgerProblems(home));
    }
    const verdict = await lastRunAndVerdict(home, runtime);
    const violations = [...problems, ...verdict.violations];
    return { ...verdict, violations: violations.map((each) => `${describeCourse(course)}: ${each}`) };
  } finally {
    await home.close();
  }
}

/** Runs into one crash; what went wrong with that. A server that outlives its host is waited for. */
async function crashed(home: Home, runtime: RuntimeName, crash: Crash): Promise<string[]> {
  let hit = crash.by === 'itself';
  let run: StartedRun;
  if (crash.by === 'itself') {
    run = startMortalAlert(home, runtime, crash.step, crash.nth);
  } else {
    let posts = 0;
    home.onPost = async (stage) => {
      if (stage === 'arrived') posts += 1;
      if (posts !== crash.nth || hit) return;
      const pid = await findVictim(crash.victim, run.pid, runtime);
      if (pid === undefined) return;
      if (crash.stage === 'reached') {
        if (stage === 'accepted') killNow(pid, 'SIGSTOP');
        if (stage === 'answered') await sleep(DIGEST_MS);
      }
      if (stage === (crash.stage === 'reached' ? 'answered' : crash.stage)) {
        hit = killNow(pid);
        await gone(pid);
      }
    };
    run = startAlert(home, runtime);
  }
  const server = lastServerOf(run, runtime);
  const ended = await run.ended;
  await gone(await server);
  home.onPost = async () => {};
  const hostDied = crash.by === 'itself' || crash.victim === 'host';
  return [
    ...(hit && (ended.signal === 'SIGKILL') === hostDied ? [] : [`nobody was killed: ${lastWords(ended)}`]),
    ...(hostDied ? [] : problemsOf(ended)),
  ];
}

/** The server that a run had last: under the process runtime it may outlive its host, to end a send. */
export async function lastServerOf(run: StartedRun, runtime: RuntimeName): Promise<number | undefined> {
  if (runtime !== 'process') return undefined;
  let last: number | undefined;
  let over = false;
  void run.ended.then(() => {
    over = true;
  });
  while (!over) {
    last = (await findVictim('server', run.pid, runtime)) ?? last;
    await sleep(20);
  }
  return last;
}

const lastWords = ({ code, signal, stderr }: AlertRun): string =>
  `${code ?? signal}, ${stderr.trim().split('\n').slice(-2).join(' ')}`;
