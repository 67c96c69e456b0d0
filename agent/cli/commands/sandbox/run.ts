import { resolve } from 'node:path';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { AuditLog } from '../../../sandbox/audit/audit-log.ts';
import {
  type ConsentOptions,
  obtainConsent,
  recordConsent,
  sessionToolConsent,
} from '../../../sandbox/consent/consent.ts';
import { GrantStore } from '../../../sandbox/consent/grants.ts';
import { Failed, SpendwiseError } from '../../../sandbox/foundation/errors.ts';
import { itSaid } from '../../../sandbox/foundation/shown/it-said.ts';
import { loadManifest } from '../../../sandbox/manifest/manifest.ts';
import { assertRecordOutside } from '../../../sandbox/manifest/named-paths.ts';
import { launchPlan } from '../../../sandbox/plan/launch-plan.ts';
import { programSource } from '../../../sandbox/program/prepare.ts';
import { ClientLink } from '../../../sandbox/protocol/client-link.ts';
import { ToolGate } from '../../../sandbox/protocol/tool-gate.ts';
import { SandboxedStdioTransport } from '../../../sandbox/protocol/transport.ts';
import { twilioOverrides } from '../../../settings/accounts.ts';
import { loadEnvironment, stateDir } from '../../../settings/environment.ts';
import { interruptSignal } from '../../interrupt.ts';
import { pickRuntime, type SessionFlags, sayIfNotSandboxed } from '../../open-session.ts';
import { openControllingTerminal } from '../../terminal/controlling-terminal.ts';
import { type RunLog, runLog } from '../../terminal/run-log.ts';

export interface SandboxRunFlags extends SessionFlags {
  readonly audit?: string;
  readonly jsonLog: boolean;
}

/** `spendwise sandbox run MANIFEST`: an MCP client starts us as if we were the server, which runs with less power. */
export async function sandboxRun(path: string, flags: SandboxRunFlags): Promise<void> {
  // stdin and stdout belong to the protocol.
  const log = runLog(flags.jsonLog);
  try {
    await run(path, flags, log);
  } catch (error) {
    if (!(error instanceof SpendwiseError) || !log.error(error)) throw error;
    process.exitCode = error.exitCode;
  }
}

async function run(path: string, flags: SandboxRunFlags, log: RunLog): Promise<void> {
  const signal = interruptSignal();
  const environment = loadEnvironment();
  const overrides = twilioOverrides(environment);
  const manifest = loadManifest(path);
  if (flags.audit !== undefined) assertRecordOutside(manifest, flags.audit);
  const runtime = await pickRuntime(flags, environment, log.info);
  for (const { variable, target } of overrides) log.warn(`${variable} is set: calls go to ${target.origin}`);
  sayIfNotSandboxed(runtime, log.theme, log.say);
  const state = stateDir(environment);
  const source = programSource(manifest, runtime, { stateDir: state, notice: log.info, signal });
  const terminal = flags.yes ? undefined : openControllingTerminal(signal);
  const consent: ConsentOptions = {
    ui: terminal?.ui,
    grantAll: flags.yes ? { because: '--yes', notice: log.info } : undefined,
    store: new GrantStore(state),
    howToGrant: `grant it with: spendwise sandbox grant ${path} (or pass --yes, for this run)`,
  };
  try {
    const { prepared, ...consented } = await obtainConsent(manifest, source, consent);
    const audit = flags.audit === undefined ? AuditLog.ofNewRun(state) : new AuditLog(resolve(flags.audit));
    try {
      recordConsent(audit, manifest, consented);
      const plan = launchPlan(manifest, consented, environment, overrides, prepared.program);
      const server = new SandboxedStdioTransport({ runtime, plan, audit, onEgress: log.egress });
      const gate = new ToolGate(server, flags.yes ? undefined : sessionToolConsent(manifest, consent));
      const clientEnded = await serve(gate, server, signal);
      if (gate.refused !== undefined) throw gate.refused;
      if (signal.aborted) throw signal.reason;
      if (!clientEnded || server.crashed) {
        const hint = itSaid(server.stderr) ?? prepared.warnings[0] ?? 'it said nothing';
        throw new Failed(`${manifest.name} ended by itself (${server.ended})`, hint);
      }
    } finally {
      audit.close();
    }
  } finally {
    terminal?.close();
  }
}

/** Passes messages between the client on our stdio and the server until one of them ends. Whether the client did. */
async function serve(gate: ToolGate, server: SandboxedStdioTransport, signal: AbortSignal): Promise<boolean> {
  const client = new StdioServerTransport();
  const link = new ClientLink(client, gate);
  const ended = new Promise<void>((done) => {
    gate.onclose = done;
  });
  signal.addEventListener('abort', () => void server.close());
  let clientEnded = false;
  try {
    await server.start();
    if (signal.aborted) await server.close();
    await client.start();
    process.stdin.on('end', () => {
      clientEnded = true;
      link.clientEnded();
    });
    await ended;
  } finally {
    await server.close();
    await client.close();
  }
  return clientEnded;
}
