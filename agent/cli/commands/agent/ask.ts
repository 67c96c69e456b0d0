import { SpendwiseError } from '@spendwise/sandbox/errors';
import { jsonLine } from '@spendwise/sandbox/json-line';
import { recorded } from '../../../runs/record.ts';
import { RunRecorder } from '../../../runs/report.ts';
import { RunStore } from '../../../runs/store.ts';
import { loadEnvironment } from '../../../settings/environment.ts';
import { interruptSignal } from '../../interrupt.ts';
import { type AgentFlags, openSession } from '../../open-session.ts';
import { openHost, withApprovals } from '../../terminal/host.ts';
import { narrator } from '../../terminal/narrator.ts';
import { err, out } from '../../terminal/screen.ts';

/** `spendwise agent ask TEXT`: one request; the answer on stdout, the steps on stderr. */
export async function ask(words: readonly string[], flags: AgentFlags & { json: boolean }): Promise<void> {
  const signal = interruptSignal();
  const terminal = openHost(signal);
  const runs = new RunStore(loadEnvironment(), terminal.warn);
  const host = withApprovals(terminal, runs.witnessed);
  const recorder = new RunRecorder();
  const opened = await openSession(flags, host, signal, recorder.recordEgress);
  const { session } = opened;
  // Now: the report of a run must not fail because the database has since.
  const budgets = session.budgets();
  const tell = narrator({ words: out, steps: err, theme: host.err });
  const printReport = (error?: SpendwiseError) => {
    const { runtime, model, twilio } = opened;
    const parts = { runtime: runtime.kind, model, twilio, budgets };
    out.line(jsonLine(recorder.report(parts, error)));
  };
  try {
    const prompt = words.join(' ');
    const run = runs.begin(prompt, opened);
    for await (const event of recorded(run, () => session.run(prompt, signal))) {
      recorder.record(event);
      if (!flags.json) tell(event);
    }
    if (flags.json) printReport();
  } catch (error) {
    // What was sent before the failure must not be lost.
    if (flags.json && error instanceof SpendwiseError) printReport(error);
    throw error;
  } finally {
    tell({ type: 'end' });
    await session.close();
  }
}
