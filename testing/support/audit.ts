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
