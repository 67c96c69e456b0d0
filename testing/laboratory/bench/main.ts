import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Diversion } from '../../../agent/sandbox/plan/egress.ts';
import { originalScenario } from '../../../agent/spending/seed/original.ts';
import { writeSeed } from '../../../agent/spending/seed/write.ts';
import { startTwilioStandIn } from '../../stand-ins/twilio.ts';
import { ACCOUNT, householdEnvironment } from '../../support/household.ts';
import { bookkeepingRows } from './bookkeeping.ts';
import { callRows } from './calls.ts';
import { commandLineRows } from './command-line.ts';
import { doorRows } from './door.ts';
import { engineRows } from './engine-alone.ts';
import { importRows } from './import.ts';
import { inTurns } from './measure.ts';
import { memoryRows } from './memory.ts';
import { networkRows } from './network.ts';
import { publishedRows } from './published.ts';
import { questionRows } from './questions.ts';
import { readyRows } from './ready.ts';
import { type Row, row, table } from './rows.ts';
import { runPageRows } from './run-page.ts';
import { findSandboxes } from './sandboxes.ts';
import { smsRows } from './sms.ts';
import { smsPackageRows } from './sms-package.ts';
import { bareNode, firstModelRequest, initialized, node } from './starts.ts';
import { tokenRows } from './tokens.ts';

/**
 * `npm run bench [-- --json]`: ratios against a baseline of the same run. Milliseconds are this machine's, ratios
 * travel. What is measured stands on stdout, what is going on on stderr.
 */
const folder = mkdtempSync(join(tmpdir(), 'spendwise-bench-'));
const twilio = await startTwilioStandIn(ACCOUNT);
const progress = (what: string) => void process.stderr.write(`measuring ${what} …\n`);
try {
  const env = householdEnvironment(folder, twilio.url);
  writeSeed(env.SPENDWISE_DB, originalScenario(Temporal.Now.plainDateISO()), Temporal.Now.timeZoneId());
  const diversions: Diversion[] = [
    { domain: 'api.twilio.com', port: 443, target: twilio.url, variable: 'TWILIO_API_BASE_URL' },
  ];
  const load = loadavg()[0];
  const rows: Row[] = [];
  const missing: string[] = [];
  const isMissing = (line: string) => {
    missing.push(line);
    process.stderr.write(`${line}\n`);
  };
  progress('starts');
  rows.push(...(await startRows(env)));
  progress('commands');
  rows.push(...(await commandLineRows()));
  progress("the agent's questions");
  rows.push(...(await questionRows()));
  progress('tokens');
  rows.push(...(await tokenRows()));
  progress('the door and the ledger');
  rows.push(...(await doorRows(twilio.url)));
  progress('the page of a run');
  rows.push(...(await runPageRows()));
  progress('sends of texts');
  rows.push(...(await smsRows()));
  progress('programs that keep books');
  rows.push(...(await bookkeepingRows(isMissing)));
  const sandboxes = await findSandboxes();
  sandboxes.missing.forEach(isMissing);
  rows.push(...(await smsPackageRows(env, sandboxes.images)));
  progress('imports of bank files');
  rows.push(...(await importRows(isMissing)));
  progress('how soon sandboxes are ready');
  rows.push(...(await readyRows(sandboxes, env, diversions)));
  progress('published servers');
  rows.push(...(await publishedRows([...sandboxes.runtimes().keys()], isMissing)));
  progress('calls of a tool');
  rows.push(...(await callRows(sandboxes, env)));
  progress("the engine's own stream");
  rows.push(...(await engineRows(sandboxes, folder)));
  progress('connections and transfers');
  rows.push(...(await networkRows(sandboxes, folder)));
  progress('memory');
  rows.push(...(await memoryRows(sandboxes, folder)));
  const machine = { node: process.versions.node, cores: cpus().length, loadBefore: load };
  if (process.argv.includes('--json')) {
    process.stdout.write(`${JSON.stringify({ ...machine, missing, rows })}\n`);
  } else {
    const { node: version, cores } = machine;
    process.stdout.write(
      `Node ${version}, ${cores} cores, load ${load?.toFixed(1)} before; medians, in turns with the baseline\n${table(rows)}`,
    );
  }
} finally {
  await twilio.close();
  rmSync(folder, { recursive: true, force: true });
}

/** What of the start is not the sandbox's. */
async function startRows(env: Record<string, string>): Promise<Row[]> {
  const servers = await inTurns(9, {
    bare: initialized(node('testing/laboratory/bench/bare-server.ts')),
    sms: initialized({ ...node('mcp-server-sms/bin/mcp-server-sms.js'), env }),
  });
  const agents = await inTurns(7, {
    bare: bareNode,
    agent: firstModelRequest({ env: env as Parameters<typeof firstModelRequest>[0]['env'] }),
  });
  return [
    row('SMS server ready', servers.sms, { aim: 1.3, baseline: ['bare SDK server', servers.bare] }),
    row('agent: start to first model request', agents.agent, { baseline: ['bare Node start', agents.bare] }),
  ];
}
