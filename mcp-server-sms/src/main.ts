import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { readConfig } from './config.ts';
import { createSender } from './sender.ts';
import { createServer } from './server.ts';

/** After stdin ended, a send in flight may finish and answer; nothing may keep us longer than that. */
const LINGER_MS = 45_000;
const EXIT_NOT_CONFIGURED = 4;

// stdout belongs to the protocol.
const say = (line: string) => process.stderr.write(`${line}\n`);

const read = readConfig(process.env);
if (!read.ok) {
  say('error: mcp-server-sms is not configured:');
  for (const problem of read.problems) say(`  ${problem}`);
  say('hint: set these variables, in the environment or where your client configures the server');
  process.exitCode = EXIT_NOT_CONFIGURED;
} else {
  const { config } = read;
  if (config.apiBaseUrl)
    say(`note: TWILIO_API_BASE_URL is set: calls go to ${config.apiBaseUrl.origin}, not to Twilio`);
  if (config.dryRun) say('note: SMS_DRY_RUN is set: nothing will be sent');
  if (config.allowedRecipients.size === 0) {
    say('note: no recipient is allowed: set NOTIFICATION_PHONE or SMS_ALLOWED_RECIPIENTS');
  }
  await createServer(createSender(config)).connect(new StdioServerTransport());
  // Once stdin has ended nothing but a send in flight keeps the process alive.
  process.stdin.on('end', () => setTimeout(() => process.exit(), LINGER_MS).unref());
  process.stdout.on('error', () => process.exit(1));
}
