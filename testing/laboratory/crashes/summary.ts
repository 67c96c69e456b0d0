import Database from 'better-sqlite3';
import { Ledger } from '../../../agent/alerts/ledger/ledger.ts';
import { ledgerFile } from '../../../agent/alerts/ledger/ledger-file.ts';
import { startAlert, startMortalAlert } from './alert-run.ts';
import { lastServerOf } from './enumerated.ts';
import { Home } from './home.ts';
import { ledgerProblems, problemsOf } from './last-run.ts';
import type { OwnStep } from './steps.ts';
import { gone, type RuntimeName } from './victims.ts';

/**
 * Two budgets were held back until their week ended; the run that tells it in a summary is killed at a step. What is wrong
 * with what the next two runs make of it.
 */
export async function runSummary(step: OwnStep, runtime: RuntimeName): Promise<string[]> {
  const home = await Home.open();
  try {
    home.spend('Food & Dining', 135_00);
    home.spend('Shopping', 95_05);
    snoozeAll(home, new Date(Date.now() + 3_600_000));
    const problems = problemsOf(await startAlert(home, runtime).ended);
    snoozeAll(home, undefined);
    aWeekPasses(home);
    const killed = startMortalAlert(home, runtime, step, 1);
    const server = lastServerOf(killed, runtime);
    if ((await killed.ended).signal !== 'SIGKILL') problems.push('nobody was killed');
    await gone(await server);
    problems.push(...ledgerProblems(home));
    const runs = [await startAlert(home, runtime).ended, await startAlert(home, runtime).ended];
    problems.push(...runs.flatMap(problemsOf));
    const [texts, open] = [home.twilio.inbox.length, runs[1]?.report?.unknown.length];
    if (texts > 1) problems.push(`${texts} texts went out`);
    if (texts === 0 && open !== 2) problems.push('lost in silence');
    if (texts === 1 && open !== 0) problems.push('it went out, and nobody found it');
    for (const { body } of home.twilio.inbox)
      if (!/\nShopping, week .* 95\.05\/80 .*\nFood & Dining, week .* 135\/150 /.test(body))
        problems.push(body);
    return problems.map((problem) => `a summary, host at ${step}: ${problem}`);
  } finally {
    await home.close();
  }
}

function snoozeAll(home: Home, until: Date | undefined): void {
  const ledger = Ledger.open(home.stateDir);
  ledger.snooze(home.database, undefined, until);
  ledger.close();
}

/** What a run saw and what was spent is of the week before. */
function aWeekPasses(home: Home): void {
  for (const [file, sql] of [
    [ledgerFile(home.stateDir), `UPDATE watched SET period_start = date(period_start, '-7 days')`],
    [home.database, `UPDATE transactions SET date = date(date, '-7 days')`],
  ] as const) {
    const db = new Database(file);
    db.exec(sql);
    db.close();
  }
}
