import { SpendwiseError } from '../errors.ts';
import { interruptSignal } from '../interrupt.ts';
import { RunRecorder } from '../run-report.ts';
import { openHost } from '../terminal/host.ts';
import { narrator } from '../terminal/narrator.ts';
import { type AgentFlags, openSession } from './open-session.ts';

/** `spendwise agent ask TEXT`: one request; the answer on stdout, the steps on stderr. */
export async function ask(words: readonly string[], flags: AgentFlags & { json: boolean }): Promise<void> {
  const signal = interruptSignal();
  const host = openHost(signal);
  const recorder = new RunRecorder();
  const opened = await openSession(flags, host, signal, recorder.recordEgress);
  const { session } = opened;
  // Now: the report of a run must not fail because the database has since.
  const budgets = session.budgets();
  const tell = narrator({ words: process.stdout, steps: process.stderr, theme: host.err });
  const printReport = (error?: SpendwiseError) => {
    const { runtime, model, twilio } = opened;
    const parts = { runtime: runtime.kind, model, twilio, budgets };
    process.stdout.write(`${JSON.stringify(recorder.report(parts, error))}\n`);
  };
  try {
    for await (const event of session.run(words.join(' '), signal)) {
      recorder.record(event);
      if (!flags.json) tell(event);
    }
    if (flags.json) printReport();
  } catch (error) {
    // What was sent before the failure must not be lost.
    if (flags.json && error instanceof SpendwiseError) printReport(error);
    throw error;
  } finally {
    await session.close();
  }
}
