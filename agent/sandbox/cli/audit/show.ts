import { basename } from 'node:path';
import type { AuditLine } from '../../audit/index.ts';
import {
  assertOwnRuns,
  describeProblem,
  findLog,
  isDenial,
  type LogSummary,
  runLogs,
  summarize,
  walkLog,
} from '../../audit/index.ts';
import { stateDir } from '../../foundation/environment.ts';
import { Failed } from '../../foundation/errors.ts';
import { jsonLine } from '../../foundation/shown/json-line.ts';
import { counted, joined, ours, type Shown, shown } from '../../foundation/shown/shown.ts';
import { headed } from '../../foundation/shown/wrapped.ts';
import { err, out } from '../../terminal/screen.ts';
import { type Theme, themeFor } from '../../terminal/theme.ts';
import type { HostProgram } from '../host-program.ts';

interface ShowFlags {
  readonly json: boolean;
  readonly server?: string;
  readonly denied?: boolean;
}

/** `spendwise sandbox audit show [FILE|RUN]`: lists runs with a log, or shows the events of one. */
export function auditShow(name: string | undefined, flags: ShowFlags, program: HostProgram): void {
  const state = stateDir(program.environment());
  assertOwnRuns(state);
  const lines =
    name === undefined ? listRuns(state, flags) : showLog(findLog(state, name), name, flags, program);
  out.line(...lines);
}

function listRuns(state: string, { json, server, denied }: ShowFlags): Shown[] {
  const runs = runLogs(state)
    .flatMap((log) => summarize(log) ?? [])
    .filter((run) => (server === undefined || run.servers.includes(server)) && (!denied || run.denials > 0));
  if (json) return [jsonLine({ runs })];
  if (runs.length === 0) err.line(ours`no runs in ${shown(state)}`);
  return runs.flatMap((run) => describeRun(run, themeFor(process.stdout)));
}

function describeRun({ file, time, servers, lines, denials, problem }: LogSummary, theme: Theme): Shown[] {
  const state = problem
    ? theme.red(ours`NOT VERIFIED: ${shown(describeProblem(file, problem))}`)
    : ours`verified`;
  const denied = denials > 0 ? theme.yellow(ours`${denials} denied`) : ours`0 denied`;
  const facts = [
    // When it began, its name says.
    time === undefined ? ours`(empty)` : inOneLine(servers.join(', ')),
    counted(lines, 'line'),
    denied,
    state,
  ];
  const all = facts.filter((fact) => fact !== '');
  return headed(shown(basename(file, '.jsonl')), joined(all, '  '), out.columns);
}

function showLog(
  log: string,
  name: string,
  { json, server, denied }: ShowFlags,
  program: HostProgram,
): Shown[] {
  const events: AuditLine['record'][] = [];
  const verdict = walkLog(log, ({ record }) => {
    if ((server === undefined || record.server === server) && (!denied || isDenial(record)))
      events.push(record);
  });
  if (verdict === undefined)
    throw new Failed(`there is no audit log ${name}`, `\`${program.command} audit show\` lists the runs`);
  if (json) return [jsonLine({ file: log, ...verdict, events })];
  if (verdict.problem) err.line(ours`NOT VERIFIED: ${shown(describeProblem(log, verdict.problem))}`);
  const theme = themeFor(process.stdout);
  return events.map(legible).flatMap((event) => {
    const head = ours`${inOneLine(event.time)}  ${inOneLine(event.server ?? '-')}`;
    const lines = headed(head, inOneLine(describeEvent(event)), out.columns);
    return isDenial(event) ? lines.map(theme.red) : lines;
  });
}

/** Fields of a log may hold objects, because anybody may have written it. */
const legible = (record: AuditLine['record']): AuditLine['record'] =>
  Object.fromEntries(
    Object.entries(record).map(([name, value]) => [
      name,
      typeof value === 'object' && value !== null ? JSON.stringify(value) : value,
    ]),
  );

function describeEvent(record: AuditLine['record']): string {
  const { event, verdict, permission, runtime, isolated, tool, host, port, reason, how, bytes, run } = record;
  switch (event) {
    case 'consent':
      return `consent ${verdict}: ${permission}${reason ? ` (${reason})` : ''}`;
    case 'start':
      return `started in ${runtime}${isolated ? '' : ', which is NOT a sandbox'}`;
    case 'tool_call':
      return record.denied === undefined
        ? `tool call: ${tool}`
        : `DENIED tool call: ${tool} (${record.denied})`;
    case 'tools_left_out':
      return `tools left out: ${record.tools}`;
    case 'policy':
      return `tool policy, ${tool}: ${verdict}${reason ? ` (${reason})` : ''}`;
    case 'approval':
      return `approval ${verdict}: ${tool}`;
    case 'egress':
      return `${verdict === 'allowed' ? verdict : String(verdict).toUpperCase()} ${host}:${port} (${reason})`;
    case 'stop':
      return `stopped: ${how}`;
    case 'torn_line_removed':
      return `an incomplete last line of ${bytes} bytes, left by a crash, was removed`;
    case 'log_full':
      return `the log is full after ${bytes} bytes: the run was stopped`;
    case 'run_removed':
      return `removed, to make room: ${run} (${record.servers}), ${record.lines} lines`;
    default:
      return JSON.stringify(record);
  }
}

/** Names come from outsiders: a line feed in one must not start a new line. */
const inOneLine = (value: unknown): Shown => shown(String(value), MAX_LINE);

const MAX_LINE = 5_000;
