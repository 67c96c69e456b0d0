import { resolve } from 'node:path';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { twilioOverrides } from '../accounts.ts';
import { loadEnvironment, stateDir } from '../environment.ts';
import { Failed } from '../errors.ts';
import { interruptSignal } from '../interrupt.ts';
import { AuditLog } from '../sandbox/audit.ts';
import { obtainConsent, recordConsent } from '../sandbox/consent.ts';
import { GrantStore } from '../sandbox/grants.ts';
import { launchPlan } from '../sandbox/launch-plan.ts';
import { loadManifest } from '../sandbox/manifest.ts';
import { Relay } from '../sandbox/relay.ts';
import { SandboxedStdioTransport } from '../sandbox/transport.ts';
import { openControllingTerminal } from '../terminal/controlling-terminal.ts';
import { themeFor } from '../terminal/theme.ts';
import { pickRuntime, type SessionFlags, sayIfNotSandboxed } from './open-session.ts';

/** `spendwise sandbox run MANIFEST`: an MCP client starts us as if we were the server, which runs with less power. */
export async function sandboxRun(path: string, flags: SessionFlags & { audit?: string }): Promise<void> {
  const signal = interruptSignal();
  // stdin and stdout belong to the protocol.
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  const theme = themeFor(process.stderr);
  const environment = loadEnvironment();
  const overrides = twilioOverrides(environment);
  const manifest = loadManifest(path);
  const runtime = await pickRuntime(flags, environment, (line) => say(theme.dim(line)));
  for (const { variable, target } of overrides)
    say(theme.yellow(`${variable} is set: calls go to ${target.origin}`));
  sayIfNotSandboxed(runtime, theme, say);

  const terminal = flags.yes ? undefined : openControllingTerminal(signal);
  const consented = await obtainConsent(manifest, {
    ui: terminal?.ui,
    grantAll: flags.yes ? { because: '--yes', notice: (line) => say(theme.dim(line)) } : undefined,
    store: new GrantStore(stateDir(environment)),
    howToGrant: `spendwise sandbox run ${path} --yes`,
  }).finally(() => terminal?.close());

  const audit = flags.audit === undefined ? undefined : new AuditLog(resolve(flags.audit));
  if (audit) recordConsent(audit, manifest, consented);
  const plan = launchPlan(manifest, consented, environment, overrides);
  const server = new SandboxedStdioTransport({ runtime, plan, audit });
  const client = new StdioServerTransport();
  const relay = new Relay(client, server);
  const ended = new Promise<void>((done) => {
    server.onclose = done;
  });
  signal.addEventListener('abort', () => void server.close());
  await server.start();
  if (signal.aborted) await server.close();
  await client.start();
  let clientEnded = false;
  process.stdin.on('end', () => {
    clientEnded = true;
    relay.clientEnded();
  });
  await ended;
  await server.close();
  await client.close();
  audit?.close();
  if (signal.aborted) throw signal.reason;
  if (!clientEnded) {
    const said = server.stderr.replace(/\s*\n\s*/g, ' ');
    throw new Failed(`${manifest.name} ended by itself (${server.ended})`, said || 'it said nothing');
  }
}
