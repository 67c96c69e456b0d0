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

export function rowOf(raw: unknown) {
  const { created_ms: at, status, sid, code, ...row } = Columns.parse(raw);
  return { ...row, at, status: status ?? undefined, sid: sid ?? undefined, code: code ?? undefined };
}
export type Row = ReturnType<typeof rowOf>;

/** A send takes at most 45 s. An older one that is still under way was left behind. */
export const LONGEST_SEND_MS = 60_000;

/**
 * True if the process that began the send has ended, or had more time than a send takes. In doubt it is under way, for
 * at most a minute. Both count for every guard.
 */
export function isLeftBehind({ process: owner, pid, at }: Row, self: string, now: number): boolean {
  if (now - at > LONGEST_SEND_MS) return true;
  if (owner === self) return false;
  // Same pid but another process: it had our pid before, as in a restarted container.
  if (pid === process.pid) return true;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}
