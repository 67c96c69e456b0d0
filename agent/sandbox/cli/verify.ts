import { runDrill } from '../drill/drill.ts';
import { EXIT } from '../foundation/errors.ts';
import { jsonLine } from '../foundation/shown/json-line.ts';
import { ours, type Shown, shown } from '../foundation/shown/shown.ts';
import type { RuntimeChoice } from '../plan/runtime-names.ts';
import { interruptSignal } from '../terminal/interrupt.ts';
import { err, out } from '../terminal/screen.ts';
import { themeFor } from '../terminal/theme.ts';
import { begin, busyWith } from '../terminal/working.ts';
import { drillTable } from './drill-table.ts';
import type { HostProgram } from './host-program.ts';
import { pickRuntime, sayIfNotSandboxed } from './pick-runtime.ts';

/** Width of the table if stdout is not a terminal. */
const WIDE = 400;

/** `spendwise sandbox verify`: a hostile server tries to get out of a runtime. Exit code 1 if it did. */
export async function sandboxVerify(
  flags: { runtime: RuntimeChoice; json: boolean },
  program: HostProgram,
): Promise<void> {
  const signal = interruptSignal();
  const theme = themeFor(process.stderr);
  const say = (line: Shown) => err.line(line);
  // Needs no consent and no account: the drill makes everything it grants and uses.
  const pick = { yes: true, runtime: flags.runtime, unsandboxed: false };
  const runtime = await pickRuntime(
    pick,
    program.environment(),
    { mention: (line) => say(theme.dim(shown(line, 2_000))), busy: busyWith(begin) },
    program,
  );
  sayIfNotSandboxed(runtime, theme, say);
  let [made, escaped, now] = [0, 0, ''];
  const end = begin(
    ours`hostile server`,
    () => ours`${made} attempts, ${escaped} escaped; ${shown(now, 60)}`,
  );
  const report = await runDrill({
    runtime,
    signal,
    tell: ({ id, run, held }) => {
      made += 1;
      if (run && !held) escaped += 1;
      now = id;
    },
  }).finally(end);
  const lines = flags.json
    ? [jsonLine(report)]
    : drillTable(report, themeFor(process.stdout), (out.isTerminal && out.columns) || WIDE);
  out.line(...lines);
  if (report.escaped > 0) process.exitCode = EXIT.failed;
}
