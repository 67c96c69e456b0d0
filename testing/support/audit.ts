import { createHash } from 'node:crypto';
import { type AuditEvent, type ChainEnd, encodeLine, START } from '../../agent/sandbox/audit/line.ts';
import { type Head, type Verdict, verifyChain } from '../../agent/sandbox/audit/verify.ts';

export const toolCall = (tool: string): AuditEvent => ({ event: 'tool_call', server: 's', tool });

/** A log in memory: its lines, with their line feeds, and the head that vouches for all of them. */
export interface MemoryLog {
  readonly lines: readonly Buffer[];
  readonly head: Head;
}

/** Each event follows on the one before, from `after` on. */
export function chain(events: readonly AuditEvent[], after: ChainEnd = START): MemoryLog {
  const lines: Buffer[] = [];
  let end = after;
  for (const event of events) {
    const line = encodeLine(event, end, '2026-01-01T00:00:00.000Z');
    lines.push(line.bytes);
    end = line.end;
  }
  return { lines, head: { ...end, part: 1 } };
}

/** Verifies lines as one part, or as the parts given. */
export function verifyLines(head: Head | undefined, ...parts: readonly (readonly Buffer[])[]): Verdict {
  return verifyChain(
    parts.map((bytes, at) => ({ number: at + 1, bytes })),
    head,
  );
}

/** A line with its line feed, right in itself, of fields that no program of ours writes: each as JSON. */
export function forgedLine(fields: Readonly<Record<string, string>>): string {
  const body = Object.entries({ line: '1', prev: '"x"', ...fields }).map(
    ([name, json]) => `"${name}":${json}`,
  );
  const text = `{${body.join(',')}`;
  return `${text},"hash":"${createHash('sha256').update(`${text}}`).digest('hex')}"}\n`;
}

/** What a field of a forged line may hold, as JSON: values that become no string, no number, no date, or no end. */
export const HOSTILE_JSON: Readonly<Record<string, string>> = {
  null: 'null',
  'an object that refuses to be text': '{"toString":1,"valueOf":1}',
  'the name of what every object has': '"constructor"',
  'a number that is none': '-1e999',
  'a year far away': '"+275760-09-13T00:00:00.000Z"',
  'a list of lists': '[[],[[]]]',
  'a depth that no reader survives': `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
  'a text without end': JSON.stringify('W'.repeat(10_000)),
  'letters that turn others around': JSON.stringify(
    '\u202e\u2066\u0000\u001b[2J</script><script>alert(1)</script>',
  ),
};

const FIELDS = [
  ...['event', 'time', 'server', 'tool', 'verdict', 'reason', 'denied', 'host', 'port', 'permission'],
  ...['runtime', 'isolated', 'manifest', 'source', 'how', 'tools'],
];
const EVENTS = [
  ...['policy', 'consent', 'start', 'stop', 'approval', 'tool_call', 'egress', 'tools_left_out', 'log_full'],
];

/** Lines of each kind of event, with this value in one field after the other. */
export const forgedLines = (json: string): string[] =>
  EVENTS.flatMap((event) =>
    FIELDS.map((field) =>
      forgedLine({
        time: '"2026-11-29T09:41:00.000Z"',
        event: `"${event}"`,
        server: '"sms"',
        verdict: '"denied"',
        [field]: json,
      }),
    ),
  );
