import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import type { ElicitResult } from '@modelcontextprotocol/sdk/types.js';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import type { SendResult } from '../../mcp-server-sms/src/result.ts';
import { type Faults, startFaultyTwilio } from '../laboratory/sms-torture/faulty-twilio.ts';
import { startTwilioStandIn } from '../stand-ins/twilio.ts';
import { ACCOUNT, OWNER } from './household.ts';
import { REPO } from './run.ts';

export const SMS_BIN = 'mcp-server-sms/bin/mcp-server-sms.js';
export const SMS_ENV = {
  TWILIO_ACCOUNT_SID: ACCOUNT.accountSid,
  TWILIO_AUTH_TOKEN: ACCOUNT.authToken,
  TWILIO_PHONE_NUMBER: '+15005550006',
  NOTIFICATION_PHONE: OWNER,
};
/** So that a test of one guard does not run into another. */
export const NO_CAPS = {
  SMS_MAX_PER_HOUR: '9999',
  SMS_MAX_PER_DAY: '9999',
  SMS_MAX_PER_RECIPIENT_PER_DAY: '9999',
};

export interface ToolAnswer {
  readonly isError?: boolean;
  readonly structuredContent?: SendResult & Record<string, unknown>;
  readonly content: readonly { readonly text: string }[];
}

export type Person = (message: string) => ElicitResult;

/** The real server on stdio, with a real client. Close it when done. */
async function openSmsServer(env: Record<string, string>, person?: Person) {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [`${REPO}${SMS_BIN}`],
    env: { ...SMS_ENV, ...env },
    stderr: 'pipe',
  });
  let stderr = '';
  transport.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  const client = new Client(
    { name: 'test', version: '1' },
    { capabilities: person ? { elicitation: {} } : {} },
  );
  if (person) {
    const { ElicitRequestSchema } = await import('@modelcontextprotocol/sdk/types.js');
    client.setRequestHandler(ElicitRequestSchema, ({ params }) => person(params.message));
  }
  await client.connect(transport);
  const call = async (name: string, args: Record<string, unknown>, signal?: AbortSignal) => {
    const options = { timeout: 60_000, ...(signal ? { signal } : {}) };
    const result: unknown = await client.callTool({ name, arguments: args }, undefined, options);
    return result as ToolAnswer;
  };
  return {
    client,
    call,
    send: async (message: string, args = {}) =>
      (await call('send_sms', { message, ...args })).structuredContent,
    stderr: () => stderr,
    /** As a crash would. */
    kill: () => process.kill(transport.pid as number, 'SIGKILL'),
  };
}

/** The same; gone when the test is over. */
export async function smsServer(env: Record<string, string>, person?: Person) {
  const server = await openSmsServer(env, person);
  onTestFinished(() => server.client.close());
  return server;
}

/**
 * One server, before an API that is there, for tests that leave nothing in it which another of them could notice: a
 * start costs more than what they ask. There from the first test of the file to the last.
 */
export function sharedSmsServer<Api extends { readonly url: URL; close(): Promise<unknown> }>(
  open: () => Promise<Api>,
  env: Record<string, string> = {},
  person?: Person,
) {
  let shared: (Awaited<ReturnType<typeof openSmsServer>> & { twilio: Api }) | undefined;
  beforeAll(async () => {
    const twilio = await open();
    shared = { twilio, ...(await openSmsServer({ TWILIO_API_BASE_URL: twilio.url.origin, ...env }, person)) };
  });
  afterAll(async () => {
    await shared?.client.close();
    await shared?.twilio.close();
  });
  return () => {
    if (shared === undefined) throw new Error('it is there once the tests run');
    return shared;
  };
}

export async function withStandIn(env: Record<string, string> = {}, person?: Person) {
  const twilio = await startTwilioStandIn(ACCOUNT);
  onTestFinished(() => twilio.close());
  return { twilio, ...(await smsServer({ TWILIO_API_BASE_URL: twilio.url.origin, ...env }, person)) };
}

export async function faultyTwilio(faults: Faults) {
  const twilio = await startFaultyTwilio(ACCOUNT.accountSid, faults);
  onTestFinished(() => twilio.close());
  return twilio;
}
