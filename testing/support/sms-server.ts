import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { ElicitRequestSchema, type ElicitResult } from '@modelcontextprotocol/sdk/types.js';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { readConfig } from '../../mcp-server-sms/src/config.ts';
import type { SendResult } from '../../mcp-server-sms/src/result.ts';
import { TIMING, type Timing } from '../../mcp-server-sms/src/send/timing.ts';
import { createServer } from '../../mcp-server-sms/src/server.ts';
import { createService } from '../../mcp-server-sms/src/service.ts';
import { type Faults, startFaultyTwilio } from '../laboratory/sms-torture/faulty-twilio.ts';
import { startTwilioStandIn } from '../stand-ins/twilio.ts';
import { ACCOUNT, OWNER } from './household.ts';
import { inFull } from './in-full.ts';
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

/** Pauses and deadlines a tenth of the real ones; in full the real ones. */
export const QUICK_TIMING: Timing = inFull
  ? TIMING
  : (Object.fromEntries(Object.entries(TIMING).map(([name, ms]) => [name, ms / 10])) as unknown as Timing);

export interface ServerOptions {
  readonly person?: Person;
  readonly timing?: Timing;
}

/** The server in this process, without the start of a program. `later` moves its clock on. */
async function openSmsServer(
  env: Record<string, string>,
  { person, timing = QUICK_TIMING }: ServerOptions = {},
) {
  const read = readConfig({ ...SMS_ENV, ...env });
  if (!read.ok) throw new Error(read.problems.join('\n'));
  let aheadMs = 0;
  const service = createService(read.config, {
    timing,
    now: () => new Date(Date.now() + aheadMs),
    warn: () => {},
  });
  const [near, far] = InMemoryTransport.createLinkedPair();
  await createServer(service).connect(far);
  const server = await connected(near, person);
  return {
    ...server,
    later: (ms: number) => {
      aheadMs += ms;
    },
    close: async () => {
      await server.client.close();
      service.close();
    },
  };
}

/** The real program on stdio, with a real client. */
async function openSmsProgram(env: Record<string, string>) {
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
  const server = await connected(transport);
  return {
    ...server,
    stderr: () => stderr,
    /** As a crash would. */
    kill: () => process.kill(transport.pid as number, 'SIGKILL'),
    close: () => server.client.close(),
  };
}

async function connected(transport: Transport, person?: Person) {
  const client = new Client(
    { name: 'test', version: '1' },
    { capabilities: person ? { elicitation: {} } : {} },
  );
  if (person) client.setRequestHandler(ElicitRequestSchema, ({ params }) => person(params.message));
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
  };
}

const untilTestEnds = async <T extends { close(): Promise<void> }>(opening: Promise<T>): Promise<T> => {
  const opened = await opening;
  onTestFinished(() => opened.close());
  return opened;
};

/** The server in this process; gone when the test is over. */
export const smsServer = (env: Record<string, string>, options?: ServerOptions) =>
  untilTestEnds(openSmsServer(env, options));

/** The real program, for what is about its process: what it prints, a crash, two at once. Gone like the other. */
export const smsProgram = (env: Record<string, string>) => untilTestEnds(openSmsProgram(env));

/**
 * One server, before an API that is there, for tests that leave nothing in it which another of them could notice. There
 * from the first test of the file to the last.
 */
export const sharedSmsServer = <Api extends Twilio>(
  open: () => Promise<Api>,
  env: Record<string, string> = {},
  options?: ServerOptions,
) => shared(open, env, (all) => openSmsServer(all, options));

export const sharedSmsProgram = <Api extends Twilio>(
  open: () => Promise<Api>,
  env: Record<string, string> = {},
) => shared(open, env, openSmsProgram);

interface Twilio {
  readonly url: URL;
  close(): Promise<unknown>;
}

function shared<Api extends Twilio, Server extends { close(): Promise<unknown> }>(
  openTwilio: () => Promise<Api>,
  env: Record<string, string>,
  openServer: (env: Record<string, string>) => Promise<Server>,
) {
  let opened: (Server & { twilio: Api }) | undefined;
  beforeAll(async () => {
    const twilio = await openTwilio();
    const server = await openServer({ TWILIO_API_BASE_URL: twilio.url.origin, ...env });
    opened = { twilio, ...server };
  });
  afterAll(async () => {
    await opened?.close();
    await opened?.twilio.close();
  });
  return () => {
    if (opened === undefined) throw new Error('it is there once the tests run');
    return opened;
  };
}

async function standIn() {
  const twilio = await startTwilioStandIn(ACCOUNT);
  onTestFinished(() => twilio.close());
  return twilio;
}

export async function withStandIn(env: Record<string, string> = {}, options?: ServerOptions) {
  const twilio = await standIn();
  return { twilio, ...(await smsServer({ TWILIO_API_BASE_URL: twilio.url.origin, ...env }, options)) };
}

export async function programWithStandIn(env: Record<string, string> = {}) {
  const twilio = await standIn();
  return { twilio, ...(await smsProgram({ TWILIO_API_BASE_URL: twilio.url.origin, ...env })) };
}

export async function faultyTwilio(faults: Faults) {
  const twilio = await startFaultyTwilio(ACCOUNT.accountSid, faults);
  onTestFinished(() => twilio.close());
  return twilio;
}
