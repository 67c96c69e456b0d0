import { z } from 'zod';

export type RowState = 'under_way' | 'sent' | 'failed' | 'unknown';

const Columns = z.object({
  id: z.number(),
  created_ms: z.number(),
  recipient: z.string(),
  text: z.string(),
  units: z.number(),
  masked: z.string(),
  segments: z.number(),
  encoding: z.string(),
  state: z.enum(['under_way', 'sent', 'failed', 'unknown']),
  status: z.string().nullable(),
  sid: z.string().nullable(),
  code: z.number().nullable(),
  process: z.string(),
  pid: z.number(),
});

/** One send, as the database has it. */
export function rowOf(raw: unknown) {
  const { created_ms: at, status, sid, code, ...row } = Columns.parse(raw);
  return { ...row, at, status: status ?? undefined, sid: sid ?? undefined, code: code ?? undefined };
}
export type Row = ReturnType<typeof rowOf>;

/** A send lasts 45 s at most: what is older and still under way was left behind. */
export const LONGEST_SEND_MS = 60_000;

/**
 * Whether the process that began a send is gone, or has had longer than a send can last. In doubt it is under way, for
 * a minute at most. Both count for every guard; one that was left behind is looked up.
 */
export function isLeftBehind({ process: owner, pid, at }: Row, self: string, now: number): boolean {
  if (now - at > LONGEST_SEND_MS) return true;
  if (owner === self) return false;
  // Our number, and not us: an earlier process had it, as in a container that was started again.
  if (pid === process.pid) return true;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}
