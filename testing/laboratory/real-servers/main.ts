import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { findSandboxes } from '../bench/sandboxes.ts';
import { write } from './page.ts';
import { REASONS, SERVERS } from './servers.ts';
import { findings, isSame } from './table.ts';
import { RUNTIMES, type Trial, tryServer } from './trial.ts';

/**
 * `npm run real-servers -- [--runtime docker|bubblewrap] [--only TEXT] [--keep FOLDER] [--write]`: published servers,
 * plainly and in the sandbox. The table stands on stdout, what differs on stderr; with `--write` it goes into
 * agent/sandbox/REAL-SERVERS.md; what was fetched stays in the folder of `--keep`, for the next run. Plainly means that strangers' code runs on this machine as you.
 */
const { values } = parseArgs({
  options: {
    runtime: { type: 'string' },
    only: { type: 'string', default: '' },
    keep: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});
const wanted = RUNTIMES.filter((runtime) => values.runtime === undefined || values.runtime === runtime);
const servers = SERVERS.filter(({ packageName }) => packageName.includes(values.only));
if (wanted.length === 0 || servers.length === 0 || (values.write && (values.only || values.runtime))) {
  process.stderr.write(
    'error: wrong options\nhint: --runtime docker --only gitlab; --write alone, for it writes all\n',
  );
  process.exit(2);
}
const say = (line: string) => void process.stderr.write(`${line}\n`);
const sandboxes = await findSandboxes();
sandboxes.missing.forEach(say);
const runtimes = wanted.filter((runtime) => sandboxes.runtimes().has(runtime));
if (runtimes.length === 0 || (values.write && runtimes.length < RUNTIMES.length)) process.exit(4);

const folder = values.keep ? resolve(values.keep) : mkdtempSync(join(tmpdir(), 'spendwise-real-servers-'));
const trials: Trial[] = [];
const left = servers.entries();
/** Most of the time goes into fetching: two at a time. */
const lane = async () => {
  for (const [at, server] of left) {
    const stateDir = join(folder, server.packageName.replace(/\W+/g, '-'));
    const trial = await tryServer(server, runtimes, stateDir);
    if (values.keep === undefined) rmSync(stateDir, { recursive: true, force: true });
    trials[at] = trial;
    say(`${server.packageName}: ${trial.plain.ok ? `${trial.plain.tools.length} tools` : trial.plain.why}`);
    for (const runtime of runtimes) {
      const { listed, difference } = trial.sandboxed[runtime] ?? {};
      say(`  ${runtime}: ${difference ?? 'the same'}`);
      if (listed?.ok === false) say(listed.why);
    }
  }
};
try {
  await Promise.all([lane(), lane()]);
} finally {
  if (values.keep === undefined) rmSync(folder, { recursive: true, force: true });
}
const text = findings(trials, runtimes, REASONS);
process.stdout.write(`${text}\n`);
if (values.write) write(text);
const unexplained = trials.filter(
  (trial) =>
    REASONS[trial.server.packageName] === undefined && runtimes.some((runtime) => !isSame(trial, runtime)),
);
for (const { server } of unexplained) say(`error: ${server.packageName}: nobody has said why`);
if (unexplained.length > 0) process.exitCode = 1;
