import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { type Address, type Arguments, parseArguments, USAGE } from './arguments.ts';
import { misspelt } from './config/variables.ts';
import { type Config, readConfig } from './config.ts';
import { forgetOptOut } from './forget-opt-out.ts';
import { createServer } from './server.ts';
import { createService, type Service } from './service.ts';
import { quietNode, say } from './stderr.ts';
import { VERSION } from './version.ts';

/** How long a send may take to finish after a stop was requested. */
const LINGER_MS = 45_000;
const EXIT = { failed: 1, usage: 2, notConfigured: 4 } as const;

quietNode();
await main(parseArguments(process.argv.slice(2)));

async function main(asked: Arguments): Promise<void> {
  if (asked.run === 'misused') {
    say(`error: ${asked.problem}\nhint: mcp-server-sms --help`);
    process.exitCode = EXIT.usage;
  } else if (asked.run === 'help' || asked.run === 'version') {
    process.stdout.write(asked.run === 'help' ? USAGE : `${VERSION}\n`);
  } else {
    const service = start(asked.run === 'forget-opt-out' ? asked.number : undefined);
    if (service) await serve(service, asked.run === 'http' ? asked : undefined);
  }
}

async function serve(service: Service, address: Address | undefined): Promise<void> {
  // All sessions share one service, and so its limits.
  const newServer = () => createServer(service);
  return address === undefined ? overStdio(newServer) : overHttp(newServer, address);
}

type NewServer = () => ReturnType<typeof createServer>;

async function overStdio(newServer: NewServer): Promise<void> {
  await newServer().connect(new StdioServerTransport());
  // After stdin ends, only a send in progress keeps the process alive.
  process.stdin.on('end', () => setTimeout(() => process.exit(), LINGER_MS).unref());
  process.stdout.on('error', () => process.exit(EXIT.failed));
}

/** Imported only if needed: stdio starts a third faster without it. */
async function overHttp(newServer: NewServer, address: Address): Promise<void> {
  const { readHttpSettings } = await import('./http/settings.ts');
  const read = readHttpSettings(address, process.env);
  if (!read.ok) return notConfigured(read.problems);
  const { CannotListen, serveHttp } = await import('./http/serve.ts');
  try {
    const { url, drain } = await serveHttp(newServer, read.settings);
    say(`note: MCP is at ${url}${read.settings.token === undefined ? '' : ', with the bearer token'}`);
    endWith(drain);
  } catch (error) {
    if (!(error instanceof CannotListen)) throw error;
    say(`error: ${error.message}\nhint: choose another --host or --port; --port 0 takes a free one`);
    process.exitCode = EXIT.failed;
  }
}

function endWith(drain: () => Promise<void>): void {
  let told = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (told) process.exit(EXIT.failed);
      told = true;
      say(`note: ${signal}: finishing open requests; a second signal exits at once`);
      setTimeout(() => process.exit(EXIT.failed), LINGER_MS).unref();
      void drain();
    });
  }
}

/** Undefined if there is nothing to serve; the reason was printed. */
function start(forget: string | undefined): Service | undefined {
  const read = readConfig(process.env);
  if (!read.ok) return notConfigured(read.problems);
  try {
    if (forget !== undefined) {
      const { ok, message } = forgetOptOut(read.config, forget);
      if (!ok) process.exitCode = EXIT.usage;
      return say(ok ? message : `error: ${message}`);
    }
    const service = createService(read.config, { warn: say });
    announce(read.config);
    return service;
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown';
    return notConfigured([`SMS_STATE_DIR: cannot be used: ${why}`]);
  }
}

function notConfigured(problems: readonly string[]): undefined {
  say('error: mcp-server-sms is not configured:');
  for (const problem of problems) say(`  ${problem}`);
  say('hint: set these variables, in the environment or where your client configures the server');
  process.exitCode = EXIT.notConfigured;
}

function announce(config: Config): void {
  if (config.apiBaseUrl)
    say(`note: TWILIO_API_BASE_URL is set: calls go to ${config.apiBaseUrl.origin}, not to Twilio`);
  if (config.dryRun) say('note: SMS_DRY_RUN is set: nothing will be sent');
  if (config.killSwitch) say('note: SMS_KILL_SWITCH is set: every send is refused');
  if (config.allowedRecipients.size === 0)
    say('note: no recipient is allowed: set NOTIFICATION_PHONE or SMS_ALLOWED_RECIPIENTS');
  if (config.stateDir === undefined)
    say('note: SMS_STATE_DIR is not set: caps, dedupe and opt-outs are forgotten when this server ends');
  for (const name of misspelt(process.env)) say(`note: ${name} is not a variable of this server`);
}
