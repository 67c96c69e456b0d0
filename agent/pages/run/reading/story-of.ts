import { basename } from 'node:path';
import { describeProblem } from '@spendwise/sandbox/audit';
import type { IntentRow } from '../../../alerts/ledger/row.ts';
import { isKnown } from '../../../runs/event.ts';
import type { RecordedRun } from '../../../runs/read.ts';
import { type AuditCheck, isOpen, type Lane, type Server, type Story, whereItRan } from '../story.ts';
import { complete } from './call.ts';
import { cut } from './cut.ts';
import { Kept } from './kept.ts';
import { LogReader } from './log.ts';
import type { LogOfRun } from './log-of-run.ts';
import { RecordReader } from './record.ts';
import { Servers } from './servers.ts';
import { readTexts } from './texts.ts';

/** What a run left behind. */
export interface RunParts {
  readonly run: RecordedRun;
  /** A text says why there is none. */
  readonly log: LogOfRun | string;
  /** Rows of the ledger from the time of the run, oldest first. */
  readonly rows: readonly IntentRow[];
  /** What could not be read. */
  readonly gaps: readonly string[];
}

const MAX_MOMENTS = 10_000;

/** Puts together what a run left behind. Reads the log through `log.walk`, line by line; otherwise pure. */
export function storyOf({ run, log, rows, gaps }: RunParts, most = MAX_MOMENTS): Story {
  const { id, start, end, events } = run;
  const began = Date.parse(start?.time ?? events[0]?.time ?? '') || 0;
  const kept = new Kept(most);
  const servers = new Servers();
  const record = new RecordReader(run, began, kept);
  const texts = readTexts(rows, record.calls, kept);
  const { audit, gaps: gapsOfLog } = readLog(log, record, kept, servers);
  for (const call of record.calls) complete(call, kept, servers);
  const list = servers.list();
  return {
    id,
    prompt: start?.prompt ?? '(the first line of the record is damaged)',
    answer: record.answer,
    outcome: end?.outcome ?? 'broke off',
    error: end?.error,
    model: start?.model ?? { kind: '', name: 'unknown' },
    runtime: start?.runtime ?? 'unknown',
    twilio: start?.twilio ?? 'unknown',
    usage: record.usage,
    began,
    ended: end && Date.parse(end.time),
    lanes: lanesOf(start, record.hasPlays, list),
    moments: kept.moments(record.playedAt),
    texts,
    servers: list,
    audit,
    gaps: [...gaps, ...gapsOfRecord(run), ...gapsOfLog, ...leftOut(kept, audit?.log)],
  };
}

function readLog(
  log: LogOfRun | string,
  record: RecordReader,
  kept: Kept,
  servers: Servers,
): { readonly audit: AuditCheck | undefined; readonly gaps: readonly string[] } {
  if (typeof log === 'string') return { audit: undefined, gaps: [log] };
  const reader = new LogReader(record, kept, servers, log);
  const verdict = log.walk(reader.take);
  const problem =
    verdict === undefined ? 'it is gone' : verdict.problem && describeProblem(log.file, verdict.problem);
  const { lines, head, gaps } = reader;
  return {
    audit: { log: basename(log.file), lines, head, problem },
    gaps: [...gaps, ...(problem === undefined ? [] : [`the audit log is not as it was written: ${problem}`])],
  };
}

const lanesOf = (start: RecordedRun['start'], hasPlays: boolean, servers: readonly Server[]): Lane[] => [
  { id: 'you', name: 'You', about: 'asks, grants, approves' },
  { id: 'model', name: 'Model', about: cut(start?.model.name ?? 'unknown') },
  ...(hasPlays ? [{ id: 'demo', name: 'Demo', about: 'plays attacks' } as const] : []),
  { id: 'door', name: 'Tool policy', about: 'judges each call' },
  ...servers.map(
    (server): Lane => ({
      id: `server:${server.name}`,
      name: server.name,
      about: server.ended === undefined ? whereItRan(server) : `ENDED: ${server.ended}`,
    }),
  ),
  {
    id: 'broker',
    name: 'Broker',
    about: servers.some(isOpen) ? 'sees nothing here' : 'the only way out',
  },
  { id: 'phone', name: 'Phone', about: start?.twilio === 'stand-in' ? 'a stand-in; each text' : 'each text' },
];

const MAX_NAMED = 10;

function gapsOfRecord({ damaged, tooLong, events }: RecordedRun): string[] {
  const more = damaged.length > MAX_NAMED ? ` and ${damaged.length - MAX_NAMED} more` : '';
  const unknown = events.filter((event) => !isKnown(event)).length;
  return [
    ...(damaged.length === 0
      ? []
      : [`lines of the record are damaged and left out: ${damaged.slice(0, MAX_NAMED).join(', ')}${more}`]),
    ...(tooLong ? ['the record is over the size limit: the rest of it is left out'] : []),
    ...(events.some(({ type }) => type === 'cut')
      ? ['the record reached its size limit: later events are in the audit log alone']
      : []),
    ...(unknown === 0 ? [] : [`${unknown} events of a kind that this version does not know are left out`]),
  ];
}

function leftOut({ leftOut: { all, stopped } }: Kept, log: string | undefined): string[] {
  const where = log === undefined ? '' : `; \`spendwise sandbox audit show ${log}\` has them all`;
  return all === 0
    ? []
    : [`${all} moments are left out, ${stopped} of which were stopped: there is no room for more${where}`];
}
