import { createHash } from 'node:crypto';
import { jsonTrouble } from '../foundation/json-bounds.ts';
import type { HttpRule } from '../manifest/http-rules.ts';

/** One event at the boundary of the sandbox. Holds no secrets and no message texts; numbers are masked. */
export type AuditEvent =
  | { event: 'consent'; server: string; permission: string; verdict: 'granted' | 'refused'; reason?: string }
  /** `manifest` is the digest of the manifest, `source` its path. */
  | {
      event: 'start';
      server: string;
      runtime: string;
      isolated: boolean;
      manifest: string;
      source: string;
    }
  /** What a host decided about a call that a model proposed, before it reached the server. */
  | {
      event: 'policy';
      server: string;
      tool: string;
      verdict: 'allowed' | 'asked' | 'denied';
      reason: string;
    }
  | { event: 'approval'; server: string; tool: string; verdict: 'granted' | 'refused' }
  /** `denied`: why it did not reach the server. */
  | { event: 'tool_call'; server: string; tool: string; denied?: string }
  /** Tools that the server lists and the client does not get. */
  | { event: 'tools_left_out'; server: string; tools: readonly string[] }
  | {
      event: 'egress';
      server: string;
      host: string;
      port: number;
      verdict: 'allowed' | 'denied' | 'failed';
      reason: string;
      /** The narrowest rule that would have let a refused request through. */
      request?: HttpRule;
    }
  | { event: 'stop'; server: string; how: string }
  /** By the log itself: a last line that a crash had cut was taken away when the log was opened again. */
  | { event: 'torn_line_removed'; bytes: number; text: string }
  /** The last line of a log that has all that one run may write: what the server wanted to do then is not done. */
  | { event: 'log_full'; server: string | undefined; bytes: number }
  /** In the record of removals. `lines` and `head`, the hash of the last line, as the run's head said. */
  | {
      event: 'run_removed';
      run: string;
      servers: readonly string[];
      lines: number | undefined;
      head: string | undefined;
      bytes: number;
    };

/** The end of a chain: its number of lines, and the hash of the last one. */
export interface ChainEnd {
  readonly lines: number;
  readonly hash: string;
}

export const START: ChainEnd = { lines: 0, hash: '0'.repeat(64) };

/** A line whose own hash is correct. It need not follow the line before. */
export interface AuditLine {
  /** Counted from 1, over all parts. */
  readonly line: number;
  readonly prev: string;
  readonly hash: string;
  readonly record: Readonly<Record<string, unknown>>;
}

/** Longer texts are cut: a hostile name must not make an endless line. */
const MAX_TEXT = 4_096;
/** `,"hash":"…"}` at the end of every line. */
const SEAL = /^,"hash":"([0-9a-f]{64})"\}$/;
const SEAL_BYTES = 75;

/** One JSON line, its line feed included, and where the chain stands after it. The hash is over the line without it. */
export function encodeLine(
  event: AuditEvent,
  { lines, hash: prev }: ChainEnd,
  time: string,
  blotted = (text: string) => text,
) {
  const safe = (text: string) => maskedAndCut(blotted(text));
  const body = JSON.stringify({ line: lines + 1, time, ...event, prev }, (key, value) => {
    if (typeof value === 'string') return OWN.has(key) ? value : safe(value);
    if (key === '' || typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    // A server names the fields of its requests.
    return Object.fromEntries(Object.entries(value).map(([name, field]) => [safe(name), field]));
  });
  const hash = createHash('sha256').update(body).digest('hex');
  return {
    bytes: Buffer.from(`${body.slice(0, -1)},"hash":"${hash}"}\n`),
    end: { lines: lines + 1, hash } satisfies ChainEnd,
  };
}

// #region own-hash
/** Decodes a line without its line feed. Undefined when any byte was changed. */
export function decodeLine(bytes: Buffer): AuditLine | undefined {
  const cut = bytes.length - SEAL_BYTES;
  const hash = cut < 0 ? undefined : SEAL.exec(bytes.toString('latin1', cut))?.[1];
  if (hash === undefined) return undefined;
  if (createHash('sha256').update(bytes.subarray(0, cut)).update('}').digest('hex') !== hash)
    return undefined;
  // #endregion
  const text = bytes.toString('utf8');
  // Our own lines are never so deep. A forged one could be so deep that a reader of it crashes.
  if (jsonTrouble(text) !== undefined) return undefined;
  try {
    const record = JSON.parse(text);
    const { line, prev } = record;
    return Number.isSafeInteger(line) && typeof prev === 'string' ? { line, prev, hash, record } : undefined;
  } catch {
    return undefined;
  }
}

/** A field of a line. Anybody may have written it, and an object may refuse to become a string. */
export const fieldText = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? '');

/** Words of ours, in which no secret stands. */
const OWN: ReadonlySet<string> = new Set(['time', 'event', 'verdict', 'manifest', 'prev']);

const maskedAndCut = (text: string): string => {
  const masked = text.replace(/(\+|%2B)\d{4,11}(?=\d{4})/gi, '$1…');
  return masked.length > MAX_TEXT ? `${masked.slice(0, MAX_TEXT)}…` : masked;
};
