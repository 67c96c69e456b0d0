import { type AlertRun, readHistory, startAlert } from './alert-run.ts';
import { BUDGETS, type Home } from './home.ts';
import { ledgerProblem } from './ledger-copy.ts';
import { judge, type Verdict } from './verdict.ts';
import type { RuntimeName } from './victims.ts';

/** One more run, which nobody disturbs, and the judgement over all that was before it. */
export async function lastRunAndVerdict(home: Home, runtime: RuntimeName): Promise<Verdict> {
  home.twilio.faults.clear();
  home.onPost = async () => {};
  const run = await startAlert(home, runtime).ended;
  const history = await readHistory(home);
  const problems = [...problemsOf(run), ...ledgerProblems(home)];
  const nothing = { texts: home.twilio.inbox.length, unknowns: 0, settledByLookUp: 0 };
  if (typeof history === 'string') return { violations: [...problems, history], ...nothing };
  if (run.report === undefined) return { violations: problems, ...nothing };
  const verdict = judge({
    inbox: home.twilio.inbox,
    history,
    report: run.report,
    budgets: BUDGETS,
    spending: home,
  });
  return { ...verdict, violations: [...problems, ...verdict.violations] };
}

/** What is wrong with a run whose host was not killed, whatever else was. */
export function problemsOf({ code, signal, report, stderr }: AlertRun): string[] {
  const said = stderr.trim().split('\n').slice(-2).join(' ');
  return [
    ...(code === 0 || code === 1 ? [] : [`a run ended with ${code ?? signal}: ${said}`]),
    ...(report === undefined ? [`a run printed no report: ${said}`] : []),
    ...(/unexpected/.test(stderr) ? [`a run found a bug: ${said}`] : []),
  ];
}

export function ledgerProblems(home: Home): string[] {
  const problem = ledgerProblem(home);
  return problem === undefined ? [] : [`the ledger cannot be read: ${problem}`];
}
