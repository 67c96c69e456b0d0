import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { startTwilioStandIn } from '../../stand-ins/twilio.ts';
import { ACCOUNT, OWNER } from '../../support/household.ts';
import { REPO } from '../../support/run.ts';
import { inTurns, type Sample } from './measure.ts';
import { type Row, row } from './rows.ts';

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

const SENDS = 20;
const ROUNDS = 100;

/**
 * Sends through the server on stdio: with every guard on and the state on disk, against what can be switched off
 * switched off and the state in memory. Milliseconds of a send, alone and among twenty at once; 1000 / ms are sends per
 * second.
 */
export async function smsRows(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'sms-bench-'));
  const twilio = await startTwilioStandIn(ACCOUNT);
  const base = { PATH: process.env.PATH ?? '', ...ACCOUNT_ENV, TWILIO_API_BASE_URL: twilio.url.origin };
  const guarded = await connect({ ...base, ...on(folder) });
  const bare = await connect({ ...base, ...OFF });
  try {
    const rows: Row[] = [];
    for (const [name, parallel] of [
      ['an SMS, all guards on', 1],
      [`one of ${SENDS} SMS at once, all guards on`, SENDS],
    ] as const) {
      const send =
        (client: Client): Sample =>
        async () => {
          const started = performance.now();
          await Promise.all(Array.from({ length: parallel }, () => sendOne(client)));
          return (performance.now() - started) / parallel;
        };
      const figures = await inTurns(ROUNDS, { bare: send(bare), guarded: send(guarded) });
      rows.push(
        row(name, figures.guarded, { aim: 1.2, baseline: ['guards off, state in memory', figures.bare] }),
      );
    }
    return rows;
  } finally {
    await Promise.all([guarded.close(), bare.close()]);
    await twilio.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

let texts = 0;

async function sendOne(client: Client): Promise<void> {
  texts += 1;
  const message = `Your budget for groceries is at 90 %, and the month is young. Text ${texts}.`;
  const { structuredContent } = await client.callTool({ name: 'send_sms', arguments: { message } });
  const status = (structuredContent as { status?: string } | undefined)?.status;
  if (status !== 'queued') throw new Error(`a send of the bench is ${status}`);
}

async function connect(env: Record<string, string>): Promise<Client> {
  const client = new Client({ name: 'bench', version: '1' });
  const args = [`${REPO}mcp-server-sms/bin/mcp-server-sms.js`];
  await client.connect(new StdioClientTransport({ command: process.execPath, args, env, stderr: 'ignore' }));
  return client;
}
