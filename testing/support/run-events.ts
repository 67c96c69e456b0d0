import type { IntentRow } from '../../agent/alerts/ledger/row.ts';
import type { Usage } from '../../agent/pages/run/story.ts';
import type { AuditEvent } from '../../agent/sandbox/audit/line.ts';
import { BEGAN, LOG, type Recorded } from './run-parts.ts';

/** What a record, a log and a ledger are made of, in few words. Milliseconds are after the request. */

export const SMS = 'mcp-server-sms';

/** The first line of a record. */
export const request = (prompt: string): Recorded => [
  0,
  {
    type: 'run',
    id: '1r4dvses',
    version: 1,
    model: { kind: 'scripted', name: 'scripted-rules' },
    runtime: 'docker',
    twilio: 'stand-in',
    prompt,
    audit: { log: LOG, lines: 0, servers: { spending: 'spending', sms: SMS } },
  },
];

/** What the model wants; a text, if nothing else is said. */
interface Wanted {
  readonly server: string;
  readonly tool: string;
  readonly args: Record<string, unknown>;
}
const wantedOf = (wanted: Partial<Wanted>): Wanted => ({
  server: 'sms',
  tool: 'send_sms',
  args: {},
  ...wanted,
});
const callOf = ({ server, tool, args }: Wanted) => ({
  callId: 'c',
  name: `${server}__${tool}`,
  arguments: JSON.stringify(args),
});

export const calls = (ms: number, wanted: Partial<Wanted> = {}): Recorded => [
  ms,
  { type: 'call', call: callOf(wantedOf(wanted)) },
];

const SENT = { status: 'queued', sid: 'SM1', body: 'hello' };

export function result(
  ms: number,
  structured: Record<string, unknown> = SENT,
  wanted: Partial<Wanted> = {},
): Recorded {
  const call = wantedOf(wanted);
  const result = { isError: false, text: JSON.stringify(structured), structured };
  return [ms, { type: 'outcome', call: callOf(call), outcome: { kind: 'result', call, result } }];
}

export function refused(ms: number, reason: string, wanted: Partial<Wanted> = {}): Recorded {
  const call = wantedOf(wanted);
  return [ms, { type: 'outcome', call: callOf(call), outcome: { kind: 'denied', call, reason } }];
}

export const used = (ms: number, usage: Partial<Usage> = {}): Recorded => [
  ms,
  { type: 'usage', usage: { calls: 1, inputTokens: 1_000, outputTokens: 10, ...usage } },
];

export const note = (ms: number, text: string, plays?: true): Recorded => [
  ms,
  { type: 'note', text, ...(plays && { plays }) },
];

export const consent = (
  server: string,
  what: string,
  verdict: 'granted' | 'refused' = 'granted',
  reason = 'asked now',
): AuditEvent => ({
  event: 'consent',
  server,
  permission: `Allow access to ${what}`,
  verdict,
  reason,
});

export const started = (server = SMS, manifest = 'm'.repeat(64), source = 'sandbox.json'): AuditEvent => ({
  event: 'start',
  server,
  runtime: 'docker',
  isolated: true,
  manifest,
  source,
});

export const stopped = (how = 'exit code 0', server = SMS): AuditEvent => ({ event: 'stop', server, how });

export const policy = (
  verdict: 'allowed' | 'asked' | 'denied',
  reason = '',
  wanted: Partial<Wanted> = {},
): AuditEvent => {
  const { server, tool } = wantedOf(wanted);
  return { event: 'policy', server, tool, verdict, reason };
};

export const toolCall = (more: Partial<Extract<AuditEvent, { event: 'tool_call' }>> = {}): AuditEvent => ({
  event: 'tool_call',
  server: SMS,
  tool: 'send_sms',
  ...more,
});

export const egress = (
  host: string,
  verdict: 'allowed' | 'denied' | 'failed' = 'denied',
  port = 443,
  reason = verdict === 'denied' ? 'this domain was not granted' : 'granted',
): AuditEvent => ({ event: 'egress', server: SMS, host, port, verdict, reason });

const at = (ms: number): Date => new Date(BEGAN + ms);

export const row = (more: Partial<IntentRow> = {}): IntentRow => ({
  id: 1,
  state: 'sent',
  tool: 'send_sms',
  alert: undefined,
  recipient: '+12025550143',
  body: 'hello, call +12025550143',
  sid: 'SM1',
  reason: undefined,
  reservedAt: at(130),
  sendingAt: at(140),
  settledAt: at(180),
  ...more,
});
