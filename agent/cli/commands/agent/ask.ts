import { SpendwiseError } from '@spendwise/sandbox/errors';
import { interruptSignal } from '@spendwise/sandbox/interrupt';
import { jsonLine } from '@spendwise/sandbox/json-line';
import { err, out } from '@spendwise/sandbox/screen';
import { begin } from '@spendwise/sandbox/working';
import { type RunRecord, recorded } from '../../../runs/record.ts';
import { RunRecorder } from '../../../runs/report.ts';
import { RunStore } from '../../../runs/store.ts';
import { loadEnvironment } from '../../../settings/environment.ts';
import { type AgentFlags, openSession } from '../../open-session.ts';
import { type Host, openHost, withApprovals } from '../../terminal/host.ts';
import { narrator } from '../../terminal/narrator.ts';

/** `spendwise agent ask TEXT`: one request. The answer goes to stdout, the steps to stderr. */
export async function ask(
  words: readonly string[],
  flags: AgentFlags & { json: boolean; page: boolean },
): Promise<void> {
  const signal = interruptSignal();
  const terminal = openHost(signal);
  const runs = new RunStore(loadEnvironment(), terminal.warn);
  const host = withApprovals(terminal, runs.witnessed);
  const recorder = new RunRecorder();
  const opened = await openSession(flags, host, signal, recorder.recordEgress);
  const { session } = opened;
  // Read now, so that the report does not fail if the database does later.
  const budgets = session.budgets();
  const tell = narrator({ words: out, steps: err, theme: host.err, ...(flags.json ? {} : { begin }) });
  const printReport = (error?: SpendwiseError) => {
    const { runtime, model, twilio } = opened;
    const parts = { runtime: runtime.kind, model, twilio, budgets };
    out.line(jsonLine(recorder.report(parts, error)));
  };
  let run: RunRecord | undefined;
  try {
    const prompt = words.join(' ');
    run = runs.begin(prompt, opened, session.audit);
    for await (const event of recorded(run, () => session.run(prompt, signal))) {
      recorder.record(event);
      if (!flags.json) tell(event);
    }
    if (flags.json) printReport();
  } catch (error) {
    // Report what was sent before the failure.
    if (flags.json && error instanceof SpendwiseError) printReport(error);
    throw error;
  } finally {
    tell({ type: 'end' });
    await session.close();
    // Now that the servers have stopped, which is on record too.
    if (flags.page) await pageOf(run?.id, runs, host);
  }
}

async function pageOf(id: string | undefined, { stateDir }: RunStore, { say, warn }: Host): Promise<void> {
  const { leavePage } = await import('../runs/page.ts');
  for (const line of await leavePage(id, { record: stateDir, pages: stateDir }, warn)) say(line);
}
