import type { LogOfRun } from '../../agent/pages/run/reading/log-of-run.ts';
import type { RunParts } from '../../agent/pages/run/reading/story-of.ts';
import type { KnownEvent } from '../../agent/runs/event.ts';
import { type AuditEvent, type ChainEnd, encodeLine, START } from '../../agent/sandbox/audit/line.ts';
import { verifyChain } from '../../agent/sandbox/audit/verify.ts';

/** What a run leaves behind, made of what happened at which millisecond after its request. */

export const BEGAN = Date.UTC(2026, 10, 29, 9, 41, 0);
const at = (ms: number): string => new Date(BEGAN + ms).toISOString();

type Untimed = KnownEvent extends infer One ? (One extends KnownEvent ? Omit<One, 'time'> : never) : never;
export type Recorded = readonly [ms: number, event: Untimed];
export type Logged = readonly [ms: number, event: AuditEvent];

export const LOG = '2026-11-29T09-40-58-930000Z-348ab5.jsonl';

export function recordOf(events: readonly Recorded[]): RunParts['run'] {
  const timed = events.map(([ms, event]) => ({ ...event, time: at(ms) }) as KnownEvent);
  return {
    id: '1r4dvses',
    start: timed.find((event) => event.type === 'run'),
    events: timed,
    end: timed.find((event) => event.type === 'end'),
    damaged: [],
    tooLong: false,
  };
}

/** A log that nobody changed, unless `change` does. */
export function logOf(
  events: Iterable<Logged>,
  window: Partial<LogOfRun> = {},
  change: (line: Buffer, number: number) => Buffer = (line) => line,
): LogOfRun {
  let end: ChainEnd = START;
  function* bytes() {
    for (const [ms, event] of events) {
      const line = encodeLine(event, end, at(ms));
      end = line.end;
      yield change(line.bytes, end.lines);
    }
  }
  return {
    file: `/state/audit/${LOG}`,
    from: 0,
    until: Number.POSITIVE_INFINITY,
    isFirst: true,
    walk: (onLine) => {
      const verdict = verifyChain([{ number: 1, bytes: bytes() }], undefined, onLine);
      // Nobody keeps a head of it.
      return verdict.problem?.kind === 'head missing' ? { ...verdict, problem: undefined } : verdict;
    },
    ...window,
  };
}
