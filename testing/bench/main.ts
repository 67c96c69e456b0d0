import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { originalScenario } from '../../agent/spending/seed/original.ts';
import { writeSeed } from '../../agent/spending/seed/write.ts';
import { startTwilioStandIn } from '../stand-ins/twilio.ts';
import { ACCOUNT, householdEnvironment } from '../support/household.ts';
import { compare, type Ratio } from './measure.ts';
import { bareNode, firstModelRequest, initialized } from './starts.ts';

/** `npm run bench`: ratios against a baseline of the same run. Milliseconds are this machine's, ratios travel. */
const folder = mkdtempSync(join(tmpdir(), 'spendwise-bench-'));
const twilio = await startTwilioStandIn(ACCOUNT);
try {
  const env = householdEnvironment(folder, twilio.url);
  writeSeed(env.SPENDWISE_DB, originalScenario(Temporal.Now.plainDateISO()), Temporal.Now.timeZoneId());
  print([
    await compare(
      ['SMS server: start to initialize answered', initialized('mcp-server-sms/bin/mcp-server-sms.js', env)],
      ['bare SDK server', initialized('testing/bench/bare-server.ts')],
      { rounds: 15, aim: 1.3 },
    ),
    await compare(
      ['agent: start to first model request', firstModelRequest({ env })],
      ['bare Node start', bareNode],
      { rounds: 9 },
    ),
  ]);
} finally {
  await twilio.close();
  rmSync(folder, { recursive: true, force: true });
}

function print(ratios: readonly Ratio[]): void {
  const say = (line: string) => process.stdout.write(`${line}\n`);
  say(
    `Node ${process.versions.node}, ${cpus().length} cores; medians, baseline taken in turns in the same run`,
  );
  for (const { name, baseline, ms, baselineMs, ratio, aim } of ratios) {
    const target = aim === undefined ? '' : `  (aim ${aim}×)`;
    say(
      `${ratio.toFixed(2).padStart(6)}×${target}  ${name}: ${ms.toFixed(0)} ms; ${baseline}: ${baselineMs.toFixed(0)} ms`,
    );
  }
}
