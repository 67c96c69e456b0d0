import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { SpendwiseError } from '../../agent/errors.ts';
import { prepareImages } from '../../agent/images/images.ts';
import { originalScenario } from '../../agent/spending/seed/original.ts';
import { writeSeed } from '../../agent/spending/seed/write.ts';
import { startTwilioStandIn } from '../stand-ins/twilio.ts';
import { ACCOUNT, householdEnvironment } from '../support/household.ts';
import { compare, type Ratio } from './measure.ts';
import { sandboxRatios } from './sandbox.ts';
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
    ...(await containers(env)),
  ]);
} finally {
  await twilio.close();
  rmSync(folder, { recursive: true, force: true });
}

/** With an engine, the containers as well. */
async function containers(env: Parameters<typeof sandboxRatios>[1]): Promise<Ratio[]> {
  try {
    const images = await prepareImages(process.env, () => {});
    return await sandboxRatios(images, env, twilio.url);
  } catch (error) {
    if (!(error instanceof SpendwiseError)) throw error;
    process.stdout.write(`no containers: ${error.message}\n`);
    return [];
  }
}

function print(ratios: readonly Ratio[]): void {
  const say = (line: string) => process.stdout.write(`${line}\n`);
  say(
    `Node ${process.versions.node}, ${cpus().length} cores; medians, baseline taken in turns in the same run`,
  );
  const time = (ms: number) => `${ms < 20 ? ms.toFixed(2) : ms.toFixed(0)} ms`;
  for (const { name, baseline, ms, baselineMs, ratio, aim, p99, baselineP99 } of ratios) {
    const target = aim === undefined ? '' : `  (aim ${aim}×)`;
    const tail =
      p99 === undefined || baselineP99 === undefined ? '' : `; p99 ${time(p99)} against ${time(baselineP99)}`;
    say(
      `${ratio.toFixed(2).padStart(6)}×${target}  ${name}: ${time(ms)}; ${baseline}: ${time(baselineMs)}${tail}`,
    );
  }
}
