import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { startTwilioStandIn } from '../stand-ins/twilio.ts';
import { ACCOUNT, OWNER } from '../support/household.ts';
import { REPO } from '../support/run.ts';
import { percentiles, type Ratio } from './measure.ts';

const HIGH = '1000000';
const ACCOUNT_ENV = {
  TWILIO_ACCOUNT_SID: ACCOUNT.accountSid,
  TWILIO_AUTH_TOKEN: ACCOUNT.authToken,
  TWILIO_PHONE_NUMBER: '+15005550006',
  NOTIFICATION_PHONE: OWNER,
  SMS_MAX_PER_HOUR: HIGH,
  SMS_MAX_PER_DAY: HIGH,
  SMS_MAX_PER_RECIPIENT_PER_DAY: HIGH,
};
/** What can be switched off is off, and nothing waits for a disk. */
const OFF = { SMS_DEDUPE_WINDOW: '0', SMS_ALLOW_URLS: '1', SMS_ALLOW_SECRETS: '1' };
/** All of them, with caps that count far back, on disk. The quiet hour is one that is not now. */
const on = (folder: string) => {
  const hour = (new Date().getUTCHours() + 12) % 24;
  const clock = String(hour).padStart(2, '0');
  return {
    SMS_STATE_DIR: folder,
    SMS_DEDUPE_WINDOW: '86400',
    SMS_MAX_SEGMENTS: '4',
    SMS_QUIET_HOURS: `${clock}:00-${clock}:30 UTC`,
  };
};

/**
 * Sends through the server on stdio, in rounds taken in turns: with every guard on and the state on disk, against what
 * can be switched off switched off and the state in memory. Of one send alone, and of twenty at once: `ms` is the
 * median of one, and 1000 / ms are sends per second.
 */
export async function smsRatios({ rounds = 20 }: { rounds?: number } = {}): Promise<Ratio[]> {
  const folder = mkdtempSync(join(tmpdir(), 'sms-bench-'));
  const twilio = await startTwilioStandIn(ACCOUNT);
  const base = { PATH: process.env.PATH ?? '', ...ACCOUNT_ENV, TWILIO_API_BASE_URL: twilio.url.origin };
  const guarded = await connect({ ...base, ...on(folder) });
  const bare = await connect({ ...base, ...OFF });
  try {
    // The first send imports Twilio's client.
    for (const client of [guarded, bare]) await batch(client, 20, 20);
    return [
      await inTurns('one SMS, all guards on', [guarded, bare], rounds, 1),
      await inTurns('20 SMS at once, each, all guards on', [guarded, bare], rounds, 20),
    ];
  } finally {
    await Promise.all([guarded.close(), bare.close()]);
    await twilio.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function inTurns(
  name: string,
  [guarded, bare]: [Client, Client],
  rounds: number,
  parallel: number,
): Promise<Ratio> {
  const times: Record<'on' | 'off', { each: number[]; mean: number[] }> = {
    on: { each: [], mean: [] },
    off: { each: [], mean: [] },
  };
  const sends = 20;
  for (let round = 0; round < rounds; round += 1) {
    for (const [which, client] of [
      ['off', bare],
      ['on', guarded],
    ] as const) {
      const { each, total } = await batch(client, sends, parallel);
      times[which].each.push(...each);
      times[which].mean.push(total / sends);
    }
  }
  const [ms, baselineMs] = [percentiles(times.on.mean).p50, percentiles(times.off.mean).p50];
  return {
    name,
    baseline: 'guards off, state in memory',
    ms,
    baselineMs,
    p99: percentiles(times.on.each).p99,
    baselineP99: percentiles(times.off.each).p99,
    ratio: ms / baselineMs,
    aim: 1.2,
  };
}

let texts = 0;

/** Milliseconds of each send, and of all of them, so many at a time. */
async function batch(client: Client, sends: number, parallel: number) {
  const each: number[] = [];
  const started = performance.now();
  for (let sent = 0; sent < sends; sent += parallel) {
    await Promise.all(Array.from({ length: parallel }, () => timed(client, each)));
  }
  return { each, total: performance.now() - started };
}

async function timed(client: Client, each: number[]): Promise<void> {
  const started = performance.now();
  texts += 1;
  const message = `Your budget for groceries is at 90 %, and the month is young. Text ${texts}.`;
  const { structuredContent } = await client.callTool({ name: 'send_sms', arguments: { message } });
  const status = (structuredContent as { status?: string } | undefined)?.status;
  if (status !== 'queued') throw new Error(`a send of the bench is ${status}`);
  each.push(performance.now() - started);
}

async function connect(env: Record<string, string>): Promise<Client> {
  const client = new Client({ name: 'bench', version: '1' });
  const args = [`${REPO}mcp-server-sms/bin/mcp-server-sms.js`];
  await client.connect(new StdioClientTransport({ command: process.execPath, args, env, stderr: 'ignore' }));
  return client;
}
