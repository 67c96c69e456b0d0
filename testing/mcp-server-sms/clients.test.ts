import { Client as ClientV2, StreamableHTTPClientTransport as HttpV2 } from '@modelcontextprotocol/client';
import { StdioClientTransport as StdioV2 } from '@modelcontextprotocol/client/stdio';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { expect, onTestFinished, test } from 'vitest';
import { startTwilioStandIn } from '../stand-ins/twilio.ts';
import { temporaryFolder } from '../support/folder.ts';
import { ACCOUNT } from '../support/household.ts';
import { REPO, runProgram } from '../support/run.ts';
import { SMS_BIN, smsOverHttp, smsVariables } from '../support/sms-http.ts';

const TOKEN = 'a-token-of-some-length';
const requestInit = { headers: { authorization: `Bearer ${TOKEN}` } };

async function stdio() {
  const twilio = await startTwilioStandIn(ACCOUNT);
  onTestFinished(() => twilio.close());
  const server = { command: process.execPath, args: [SMS_BIN], env: smsVariables(twilio.url) };
  return { twilio, server: { ...server, stderr: 'ignore' as const } };
}
const http = () => smsOverHttp({ SMS_HTTP_TOKEN: TOKEN });

const clients: Record<
  string,
  () => Promise<{ twilio: Awaited<ReturnType<typeof stdio>>['twilio']; client: Client | ClientV2 }>
> = {
  'SDK v1 over stdio': async () => {
    const { twilio, server } = await stdio();
    const client = new Client({ name: 'v1', version: '1' });
    await client.connect(new StdioClientTransport(server));
    return { twilio, client };
  },
  'SDK v2 over stdio': async () => {
    const { twilio, server } = await stdio();
    const client = new ClientV2({ name: 'v2', version: '1' });
    await client.connect(new StdioV2(server));
    return { twilio, client };
  },
  'SDK v1 over HTTP': async () => {
    const { twilio, url } = await http();
    const client = new Client({ name: 'v1', version: '1' });
    await client.connect(new StreamableHTTPClientTransport(url, { requestInit }) as Transport);
    return { twilio, client };
  },
  'SDK v2 over HTTP': async () => {
    const { twilio, url } = await http();
    const client = new ClientV2({ name: 'v2', version: '1' });
    await client.connect(new HttpV2(url, { requestInit }));
    return { twilio, client };
  },
};

test.each(Object.entries(clients))('%s lists the tools and sends', async (_name, open) => {
  const { twilio, client } = await open();
  onTestFinished(() => client.close());
  expect(client.getServerVersion()?.name).toBe('mcp-server-sms');
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).toEqual(expect.arrayContaining(['send_sms', 'send_budget_alert']));
  const sent = await client.callTool({
    name: 'send_budget_alert',
    arguments: { category: 'Shopping', spent: 95, budget: 80 },
  });
  expect(sent).toMatchObject({ structuredContent: { status: 'queued' } });
  expect(twilio.inbox.map(({ body }) => body)).toEqual(['[!!] SpendWise: Shopping\nCHF 95/80 (119%)']);
  const refused = await client.callTool({
    name: 'send_sms',
    arguments: { to: '+12025550199', message: 'x' },
  });
  expect(refused).toMatchObject({ isError: true, structuredContent: { status: 'refused' } });
  expect(twilio.inbox).toHaveLength(1);
});

const INSPECTOR = `${REPO}node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js`;

/** `--strict`: exit 6 when a schema would not work everywhere, and every remark on stderr. */
const inspect = (...args: string[]) =>
  runProgram(process.execPath, [INSPECTOR, '--cli', ...args, '--method', 'tools/list', '--strict'], {
    env: { HOME: temporaryFolder() },
  });

test("the Inspector's command line finds nothing to remark on, over stdio", async () => {
  const { twilio } = await stdio();
  const variables = Object.entries(smsVariables(twilio.url)).flatMap(([name, value]) => [
    '-e',
    `${name}=${value}`,
  ]);
  const ran = await inspect(process.execPath, SMS_BIN, ...variables);
  expect(ran.code, ran.stderr).toBe(0);
  expect(ran.stderr.split('\n').filter((line) => line !== '' && !line.startsWith('note: '))).toEqual([]);
  expect(JSON.parse(ran.stdout).tools.length).toBeGreaterThanOrEqual(2);
});

test("the Inspector's command line finds nothing to remark on, over HTTP", async () => {
  const { url } = await http();
  const ran = await inspect(url.href, '--transport', 'http', '--header', `Authorization: Bearer ${TOKEN}`);
  expect(ran.code, ran.stderr).toBe(0);
  expect(ran.stderr).toBe('');
  expect(JSON.parse(ran.stdout).tools.length).toBeGreaterThanOrEqual(2);
});
