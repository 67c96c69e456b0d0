import { loadEnvironment } from '../environment.ts';
import { EXIT } from '../errors.ts';
import { interruptSignal } from '../interrupt.ts';
import { runDrill } from '../sandbox/drill/drill.ts';
import type { RuntimeChoice } from '../sandbox/runtimes/choose.ts';
import { smsManifest } from '../servers.ts';
import { drillTable } from '../terminal/drill-table.ts';
import { themeFor } from '../terminal/theme.ts';
import { pickRuntime, sayIfNotSandboxed } from './open-session.ts';

/** Where stdout is no terminal, lines need not fit one. */
const WIDE = 400;

/** `spendwise sandbox verify`: a hostile server tries to get out of a runtime. Exit code 1 when it did. */
export async function sandboxVerify(flags: { runtime: RuntimeChoice; json: boolean }): Promise<void> {
  const signal = interruptSignal();
  const { stdout, stderr } = process;
  const theme = themeFor(stderr);
  const say = (line: string) => void stderr.write(`${line}\n`);
  // Neither consent nor an account is needed: everything the drill grants and uses is made by it.
  const pick = { yes: true, runtime: flags.runtime, unsandboxed: false };
  const runtime = await pickRuntime(pick, loadEnvironment(), (line) => say(theme.dim(line)));
  sayIfNotSandboxed(runtime, theme, say);
  let [made, escaped] = [0, 0];
  const progress = (line: string) => void (stderr.isTTY && stderr.write(`\r\x1b[K${line}`));
  const report = await runDrill({
    runtime,
    permissions: smsManifest().runtimePermissions,
    signal,
    tell: ({ id, run, held }) => {
      made += 1;
      if (run && !held) escaped += 1;
      progress(theme.dim(`${made} attempts, ${escaped} escaped; ${id}`.slice(0, (stderr.columns ?? 80) - 1)));
    },
  }).finally(() => progress(''));
  const lines = flags.json
    ? [JSON.stringify(report)]
    : drillTable(report, themeFor(stdout), stdout.isTTY ? stdout.columns : WIDE);
  stdout.write(`${lines.join('\n')}\n`);
  if (report.escaped > 0) process.exitCode = EXIT.failed;
}
