import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { startTwilioStandIn } from '../stand-ins/twilio.ts';
import { ACCOUNT, OWNER } from './household.ts';
import { REPO } from './run.ts';

export const SMS_BIN = `${REPO}mcp-server-sms/bin/mcp-server-sms.js`;

/** The variables of a person with an account at a stand-in. */
export const smsVariables = (twilio: URL) => ({
  TWILIO_ACCOUNT_SID: ACCOUNT.accountSid,
  TWILIO_AUTH_TOKEN: ACCOUNT.authToken,
  TWILIO_PHONE_NUMBER: '+15005550006',
  NOTIFICATION_PHONE: OWNER,
  TWILIO_API_BASE_URL: twilio.origin,
});

/** The real server over HTTP, before a stand-in; `close` ends both. */
export async function openSmsOverHttp(env: Record<string, string> = {}, args: readonly string[] = []) {
  const twilio = await startTwilioStandIn(ACCOUNT);
  const child = spawn(process.execPath, [SMS_BIN, '--http', ...args], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...smsVariables(twilio.url), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  const close = async () => {
    child.kill('SIGKILL');
    await exited;
    await twilio.close();
  };
  const url = await new Promise<URL>((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (chunk) => {
      stderr += chunk;
      const at = /MCP is at (\S+\/mcp)/.exec(stderr)?.[1];
      if (at) resolve(new URL(at));
    });
    void exited.then((code) => reject(new Error(`it ended with ${code}: ${stderr}`)));
  }).catch(async (error) => {
    await close();
    throw error;
  });
  const kill = child.kill.bind(child);
  return { twilio, url, exited, kill, close, stderr: () => stderr, stdout: () => stdout };
}

/** The same, gone when the test is over. */
export async function smsOverHttp(env?: Record<string, string>, args?: readonly string[]) {
  const server = await openSmsOverHttp(env, args);
  onTestFinished(server.close);
  return server;
}

export const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 't', version: '1' } },
};
