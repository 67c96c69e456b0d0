import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fetchPackage } from '../../../agent/sandbox/program/packages/fetch.ts';
import { publishedManifest } from '../../support/published.ts';
import { REPO } from '../../support/run.ts';
import { difference } from './compare.ts';
import { type Command, type Listed, listTools } from './list-tools.ts';
import type { RealServer } from './servers.ts';

export const RUNTIMES = ['docker', 'bubblewrap'] as const;
export type Sandboxed = (typeof RUNTIMES)[number];

export interface Sandboxing {
  readonly listed: Listed;
  /** Undefined: the same as plainly. */
  readonly difference: string | undefined;
  /** Addresses that it tried until it had listed its tools, and that were denied. */
  readonly denied: readonly string[];
}
export interface Trial {
  readonly server: RealServer;
  /** With which version of what it speaks MCP, as far as its packages say. */
  readonly sdk: string;
  readonly plain: Listed;
  readonly sandboxed: Partial<Record<Sandboxed, Sandboxing>>;
}

const START_MS = 90_000;
const PLATFORM = { os: 'linux', cpu: process.arch, libc: 'glibc' } as const;

export interface Prepared {
  readonly code: string;
  readonly manifest: string;
  readonly plain: Command;
  /** Starts the server through the sandbox, with more words of `sandbox run`. */
  readonly sandboxed: (...words: string[]) => Command;
}

/** Fetches a server's package into the state folder, unless it is there, and writes its manifest into another folder. */
export async function prepareServer(server: RealServer, folder: string, stateDir: string): Promise<Prepared> {
  const { packageName: name, packageVersion: version, args = [], env = {} } = server;
  const home = join(folder, 'home');
  const granted = join(folder, 'granted');
  for (const path of [home, granted]) mkdirSync(path, { recursive: true });
  const wanted = { name, version, integrity: undefined, tarball: undefined };
  const { code } = await fetchPackage(wanted, PLATFORM, { stateDir, notice: () => {} });
  const place = server.folder;
  const manifest = publishedManifest(folder, {
    packageName: name,
    packageVersion: version,
    args: [...args, ...(place === undefined ? [] : [place])],
    variables: Object.keys(env),
    ...(place === undefined ? {} : { folder: { path: granted, at: place, write: false } }),
  });
  const machine = { PATH: process.env.PATH ?? '', HOME: home };
  return {
    code: code.folder,
    manifest,
    plain: {
      program: process.execPath,
      args: [...code.command.slice(1), ...args, ...(place === undefined ? [] : [granted])],
      env: { ...machine, ...env },
      cwd: code.folder,
    },
    sandboxed: (...words) => ({
      program: process.execPath,
      args: [join(REPO, 'agent/spendwise.js'), 'sandbox', 'run', manifest, ...words],
      env: { ...machine, SPENDWISE_STATE_DIR: stateDir, ...env },
      cwd: folder,
    }),
  };
}

/** Starts a server plainly and in each sandbox, from the same files. Plainly: a stranger's code runs on this machine as you. */
export async function tryServer(
  server: RealServer,
  runtimes: readonly Sandboxed[],
  stateDir: string,
): Promise<Trial> {
  const folder = mkdtempSync(join(tmpdir(), 'spendwise-real-server-'));
  const prepared = await prepareServer(server, folder, stateDir).catch(asError);
  if (prepared instanceof Error)
    return { server, sdk: '?', plain: { ok: false, why: prepared.message }, sandboxed: {} };
  const plain = await listTools(prepared.plain, START_MS);
  const sandboxed: Trial['sandboxed'] = {};
  for (const runtime of runtimes) {
    const audit = join(folder, `${runtime}.jsonl`);
    const command = prepared.sandboxed('--yes', '--runtime', runtime, '--audit', audit);
    const listed = await listTools(command, START_MS);
    sandboxed[runtime] = { listed, difference: difference(plain, listed), denied: deniedIn(audit) };
  }
  const sdk = sdkOf(prepared.code);
  rmSync(folder, { recursive: true, force: true });
  return { server, sdk, plain, sandboxed };
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

/** The SDKs that MCP servers are made with, the newer first. */
const SDKS = [
  ['@modelcontextprotocol/server', 'SDK v2'],
  ['@modelcontextprotocol/sdk', 'SDK v1'],
  ['tmcp', 'tmcp'],
] as const;

function sdkOf(folder: string): string {
  const found = SDKS.find(([name]) => existsSync(join(folder, 'node_modules', name)));
  if (found === undefined) return 'bundled';
  const { version } = JSON.parse(
    readFileSync(join(folder, 'node_modules', found[0], 'package.json'), 'utf8'),
  );
  return `${found[1]} (${version})`;
}

function deniedIn(audit: string): string[] {
  const lines = existsSync(audit) ? readFileSync(audit, 'utf8').split('\n').filter(Boolean) : [];
  const tried = lines
    .map((line) => JSON.parse(line))
    .filter(({ event, verdict }) => event === 'egress' && verdict === 'denied')
    .map(({ host, port }) => (port === 53 ? String(host) : `${host}:${port}`))
    // Which one that is depends on the machine.
    .map((host) => (/^registry\./.test(host) ? 'its package registry' : host));
  return [...new Set(tried)].sort();
}
