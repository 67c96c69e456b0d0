import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { RunStore } from '../../../agent/runs/store.ts';
import { AuditLog } from '../../../agent/sandbox/audit/audit-log.ts';
import { REPO } from '../../support/run.ts';
import { type Figures, inTurns, median } from './measure.ts';
import { type Row, row } from './rows.ts';

const EVENTS = 10_000;
const ROUNDS = 5;
const MAX_MS = 1_000;
const MAX_MEGABYTES = 60;

/**
 * The page of a run of ten thousand events, most of them connections in the audit log. Memory is the peak of the process
 * that makes it, beyond that of one that makes the page of a run of one event: what the code itself takes is in both.
 */
export async function runPageRows(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'page-bench-'));
  try {
    const [many, one] = [recordRun(join(folder, 'many'), EVENTS), recordRun(join(folder, 'one'), 1)];
    const large: { ms: number; peak: number }[] = [];
    const { beyond, bare } = await inTurns(ROUNDS, {
      beyond: async () => {
        const made = probe(many);
        large.push(made);
        return (made.peak - probe(one).peak) / 1e6;
      },
      bare: async () => peakOfNothing() / 1e6,
    });
    const { ms, peak } = median(large, (made) => made.ms);
    const figures = (p50: number): Figures => ({ p50, p99: undefined });
    const limit = (p50: number): [string, Figures] => ['limit', figures(p50)];
    return [
      row('page of a run of 10 thousand events', figures(ms), { aim: 1, baseline: limit(MAX_MS) }),
      row('memory of it, beyond that of a page of one', beyond, {
        unit: 'MB',
        aim: 1,
        baseline: limit(MAX_MEGABYTES),
      }),
      row('memory of it, the whole process', figures(peak / 1e6), {
        unit: 'MB',
        baseline: ['bare Node', bare],
      }),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Started as a user starts SpendWise: code that was compiled before is not read again. */
const PROBE = ['agent/run.js', 'testing/laboratory/bench/page-probe.ts'].map((path) => REPO + path);
const probe = (state: string): { readonly ms: number; readonly peak: number } =>
  JSON.parse(execFileSync(process.execPath, [...PROBE, state], { encoding: 'utf8' }));

const peakOfNothing = (): number =>
  Number(execFileSync(process.execPath, ['-p', 'process.resourceUsage().maxRSS'], { encoding: 'utf8' })) *
  1024;

function recordRun(state: string, events: number): string {
  const log = AuditLog.ofNewRun(state);
  const server = 'mcp-server-sms';
  const run = new RunStore({ SPENDWISE_STATE_DIR: state }, () => {}).begin(
    'Check my budgets and alert me',
    { model: { kind: 'scripted', name: 'scripted-rules' }, runtime: { kind: 'docker' }, twilio: 'stand-in' },
    { log: basename(log.file), lines: 0, servers: { sms: server } },
  );
  for (let at = 0; at < events; at += 1)
    log.append({
      event: 'egress',
      server,
      host: `host-${at % 500}.example`,
      port: 443,
      verdict: at % 7 === 0 ? 'denied' : 'allowed',
      reason: at % 7 === 0 ? 'this domain was not granted' : 'granted',
    });
  run.end({ outcome: 'answered' });
  log.close();
  return state;
}
