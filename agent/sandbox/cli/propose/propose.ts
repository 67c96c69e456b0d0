import { assertOwnRuns, runLogs } from '../../audit/index.ts';
import { GrantStore } from '../../consent/index.ts';
import { stateDir } from '../../foundation/environment.ts';
import { UsageError } from '../../foundation/errors.ts';
import { jsonLine } from '../../foundation/shown/json-line.ts';
import { counted, ours, shown } from '../../foundation/shown/shown.ts';
import { loadManifest, type MCPManifest } from '../../manifest/index.ts';
import { err, out } from '../../terminal/screen.ts';
import type { HostProgram } from '../host-program.ts';
import { addToManifest } from './add-to-manifest.ts';
import { countDenials, DenialCounter } from './denials.ts';
import { describeReport, nameOf, type Report, reportAsJson } from './describe.ts';
import { type Proposal, proposalsFor } from './proposals.ts';

interface ProposeFlags {
  readonly json: boolean;
  /** Numbers with commas between them, or `all`. */
  readonly write?: string;
}

/**
 * `sandbox propose MANIFEST`: which permissions would have allowed what was denied since the last grant. `--write` adds some of
 * them to the manifest; nothing is granted.
 */
export function sandboxPropose(path: string, flags: ProposeFlags, program: HostProgram): void {
  const manifest = loadManifest(path);
  const state = stateDir(program.environment());
  const report = reportFor(manifest, state, new GrantStore(state).find(manifest)?.at);
  const chosen = flags.write === undefined ? [] : choose(flags.write, report.proposals);
  if (chosen.length > 0) addToManifest(path, chosen);
  const grant = ours`${shown(program.command)} grant ${shown(path, 2_000)}`;
  if (flags.json) out.line(jsonLine(reportAsJson(report, chosen)));
  else if (flags.write === undefined) out.line(...describeReport(report, path, program.command));
  else {
    out.line(
      ...chosen.map((wanted) => ours`+ ${nameOf(wanted)}`),
      ours`${counted(chosen.length, 'permission')} added to ${shown(path, 2_000)}; nothing is granted yet: ${grant}`,
    );
  }
}

/** From the audit logs in the state folder, since a time (ISO 8601). Throws NotConfigured when others may write there. */
export function reportFor(manifest: MCPManifest, state: string, since: string | undefined): Report {
  assertOwnRuns(state);
  const { name, key } = manifest;
  const counter = new DenialCounter(name, key, since ?? '');
  const changed = countDenials(counter, runLogs(state));
  for (const log of changed) err.line(ours`ignored, because it was changed: ${shown(log, 2_000)}`);
  const { runs, further, denials } = counter;
  return { server: name, since, runs, further, ...proposalsFor(denials, manifest) };
}

function choose(text: string, proposals: readonly Proposal[]): Proposal[] {
  if (text === 'all') return proposals.filter(({ asked }) => !asked);
  const numbers = text.split(',').map((word) => (/^\s*\d{1,6}\s*$/.test(word) ? Number(word) : 0));
  const unknown = numbers.find((number) => proposals[number - 1] === undefined);
  if (unknown !== undefined)
    throw new UsageError(
      `--write ${text} does not name proposals`,
      proposals.length > 0 ? `numbers from 1 to ${proposals.length}, or all` : 'there are none',
    );
  const chosen = [...new Set(numbers)].flatMap((number) => proposals[number - 1] ?? []);
  return chosen.filter(({ asked }) => !asked);
}
