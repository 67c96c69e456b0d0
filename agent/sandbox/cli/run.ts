import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { AuditLog, StderrFile, stderrFile } from '../audit/index.ts';
import { GrantStore } from '../consent/index.ts';
import { stateDir } from '../foundation/environment.ts';
import { Failed, SpendwiseError } from '../foundation/errors.ts';
import { itSaid } from '../foundation/shown/it-said.ts';
import { assertRecordOutside, loadManifest } from '../manifest/index.ts';
import { ClientLink } from '../protocol/index.ts';
import { SENT_OFF_MS } from '../protocol/transport.ts';
import { admitServer, type SandboxedServer } from '../start-server.ts';
import { openControllingTerminal } from '../terminal/controlling-terminal.ts';
import { interruptSignal } from '../terminal/interrupt.ts';
import { type RunLog, runLog, serverLine } from '../terminal/run-log.ts';
import type { HostProgram } from './host-program.ts';
import { pickRuntime, type SessionFlags, sayIfNotSandboxed } from './pick-runtime.ts';

export interface SandboxRunFlags extends SessionFlags {
  readonly audit?: string;
  readonly jsonLog: boolean;
  readonly stderr: boolean;
}

/** `spendwise sandbox run MANIFEST`: an MCP client starts this command in place of the server. */
export async function sandboxRun(path: string, flags: SandboxRunFlags, program: HostProgram): Promise<void> {
  // stdin and stdout belong to the protocol.
  const log = runLog(flags.jsonLog);
  try {
    await run(path, flags, log, program);
  } catch (error) {
    if (!(error instanceof SpendwiseError) || !log.error(error)) throw error;
    process.exitCode = error.exitCode;
  }
}

async function run(path: string, flags: SandboxRunFlags, log: RunLog, program: HostProgram): Promise<void> {
  const signal = interruptSignal();
  const environment = program.environment();
  const manifest = loadManifest(path);
  const { audit } = flags;
  if (audit !== undefined) for (const file of [audit, stderrFile(audit)]) assertRecordOutside(manifest, file);
  const diversions = await program.diversions(environment, manifest);
  for (const { variable, target } of diversions) log.warn(`${variable} is set: calls go to ${target.origin}`);
  const runtime = await pickRuntime(flags, environment, { mention: log.info, busy: log.busy }, program);
  sayIfNotSandboxed(runtime, log.theme, log.say);
  const state = stateDir(environment);
  let kept: StderrFile | undefined;
  const terminal = flags.yes ? undefined : openControllingTerminal(signal);
  try {
    await using server = await admitServer(manifest, {
      runtime,
      consent: {
        ui: terminal?.ui,
        grantAll: flags.yes ? { because: '--yes', notice: log.info } : undefined,
        store: new GrantStore(state),
        howToGrant: `grant it with: ${program.command} grant ${path} (or pass --yes, for this run)`,
      },
      env: environment,
      audit: () => {
        const opened =
          audit === undefined
            ? AuditLog.ofNewRun(state, environment)
            : new AuditLog(resolve(audit), { environment });
        if (!flags.stderr) kept = new StderrFile(opened.file);
        return opened;
      },
      diversions,
      onEgress: log.egress,
      onStderr: (line) => {
        if (flags.stderr) return log.stderr(manifest.name, line);
        try {
          kept?.append(serverLine(manifest.name, line));
        } catch (error) {
          kept = undefined;
          const why = error instanceof Error ? error.message : String(error);
          log.warn(`what ${manifest.name} writes to stderr is not kept: ${why}`);
        }
      },
      notice: log.info,
      busy: log.busy,
      signal,
    });
    const clientEnded = await serve(server, signal, log);
    const { refused } = server.transport;
    if (refused !== undefined) throw refused;
    if (signal.aborted) throw signal.reason;
    if (!clientEnded || server.crashed) {
      const hint = itSaid(server.stderr) ?? server.prepared.warnings[0] ?? 'it said nothing';
      throw new Failed(`${manifest.name} ended by itself (${server.ended})`, hint);
    }
  } finally {
    kept?.close();
    terminal?.close();
  }
}

/** Passes messages between the client on stdio and the server until one ends. True if the client ended first. */
async function serve(server: SandboxedServer, signal: AbortSignal, { busy }: RunLog): Promise<boolean> {
  const ended = new Promise<void>((done) => {
    server.transport.onclose = done;
  });
  signal.addEventListener('abort', () => void server.close());
  let clientEnded = false;
  let client: StdioServerTransport | undefined;
  try {
    const starting = server.start();
    busy(`starting ${server.manifest.name}`, starting);
    // The SDK is slow to load: while the server starts, once what starts it was sent off.
    await delay(SENT_OFF_MS);
    const { StdioServerTransport } = await import('@modelcontextprotocol/sdk/server/stdio.js');
    client = new StdioServerTransport();
    const link = new ClientLink(client, server.transport);
    await starting;
    if (signal.aborted) await server.close();
    await client.start();
    process.stdin.on('end', () => {
      clientEnded = true;
      link.clientEnded();
    });
    await ended;
  } finally {
    await server.close();
    await client?.close();
  }
  return clientEnded;
}
