import { startModelStandIn } from '../../stand-ins/model.ts';
import { type AlertRun, startAgent, startAlert, startMortalAlert } from './alert-run.ts';
import { lastServerOf } from './enumerated.ts';
import { Home } from './home.ts';
import { lastRunAndVerdict } from './last-run.ts';
import { gone, type RuntimeName } from './victims.ts';

/**
 * `open`: both find an alert that went out and that nobody knows of. `again`: one was told, corrected, and is due again.
 * `agent`: one of the two is `agent ask`.
 */
export const PAIR_KINDS = ['due', 'open', 'again', 'agent'] as const;
export type PairKind = (typeof PAIR_KINDS)[number];

const WHY = /was sent at|is being sent by another run/;

/** Two at the same moment over the same state; what is wrong with what they did. */
export async function runPair(kind: PairKind, runtime: RuntimeName): Promise<string[]> {
  const home = await Home.open();
  const model = kind === 'agent' ? await startModelStandIn() : undefined;
  try {
    home.spend('Food & Dining', 135_00);
    home.spend('Shopping', 95_05);
    if (kind === 'open') {
      const run = startMortalAlert(home, runtime, 'settle:before', 1);
      const server = lastServerOf(run, runtime);
      await run.ended;
      await gone(await server);
    }
    if (kind === 'again')
      for (const minor of [-50_05, 51_00]) {
        await startAlert(home, runtime).ended;
        home.wasSeen();
        home.spend('Shopping', minor);
      }
    const before = home.twilio.inbox.length;
    const started = [
      startAlert(home, runtime),
      model ? startAgent(home, runtime, model.url) : startAlert(home, runtime),
    ];
    const [one, other] = (await Promise.all(started.map(({ ended }) => ended))) as [AlertRun, AlertRun];
    const [sent, alerts] = [home.twilio.inbox.length, model ? [one] : [one, other]];
    const problems = [one, other].flatMap(({ code, signal, stderr }) =>
      code === 0 && !/^error: /m.test(stderr) ? [] : [`ended with ${code ?? signal}: ${stderr.trim()}`],
    );
    if (sent !== (kind === 'again' ? 3 : 2)) problems.push(`${sent} texts went out`);
    const told = alerts.flatMap(({ report }) => report?.sent ?? []);
    if (!model && told.length !== sent - before) problems.push(`they say that they sent ${told.length}`);
    for (const { report } of alerts) {
      const [own, skipped] = [report?.sent ?? [], report?.skipped ?? []];
      if (own.length + skipped.length !== 2)
        problems.push(`an alert stands nowhere: ${JSON.stringify(report)}`);
      for (const { reason = 'no reason' } of skipped)
        if (!WHY.test(reason)) problems.push(`skipped: ${reason}`);
    }
    const { violations } = await lastRunAndVerdict(home, runtime);
    return [...problems, ...violations].map((problem) => `pair (${kind}): ${problem}`);
  } finally {
    await model?.close();
    await home.close();
  }
}
