import { createHash } from 'node:crypto';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { stateDir } from '../../foundation/environment.ts';
import { Failed, SpendwiseError, UsageError } from '../../foundation/errors.ts';
import { ours, type Shown, shown } from '../../foundation/shown/shown.ts';
import { openStateFolder, readStateFile } from '../../foundation/state-folder.ts';
import { loadManifest, type ManifestFields, MCPManifest } from '../../manifest/manifest.ts';
import { type RuntimePermission, requiredPermissions } from '../../manifest/permissions.ts';
import { npmView } from '../../program/packages/npm.ts';
import { newestVersion } from '../../program/packages/python/newest.ts';
import { dockerCommand } from '../../runtimes/docker/docker-command.ts';
import { out } from '../../terminal/screen.ts';
import { working } from '../../terminal/working.ts';
import type { HostProgram } from '../host-program.ts';
import { ClientConfig, fieldsOf } from './client-config.ts';
import { type Entry, type LookUp, readEntry } from './entry.ts';

export interface WrapFlags {
  readonly server?: string;
  readonly manifest?: string;
  readonly undo: boolean;
  readonly dryRun: boolean;
}

const LOOK_UP: LookUp = { npm: npmView, pypi: newestVersion, image: imageOf };

/**
 * `sandbox wrap CLIENT-CONFIG`: servers of an MCP client start through the sandbox from now on. Makes a manifest for each, keeps
 * a copy of the configuration, and leaves alone what it does not understand. Nothing is granted.
 */
export async function sandboxWrap(path: string, flags: WrapFlags, program: HostProgram): Promise<void> {
  const config = new ClientConfig(path);
  const state = stateDir(program.environment());
  const servers = config.servers().filter(({ name }) => flags.server === undefined || name === flags.server);
  if (servers.length === 0) {
    const all = config.servers().map(({ name }) => name);
    const what = flags.server === undefined ? 'has no MCP servers' : `has no server ${flags.server}`;
    throw new Failed(
      `${path} ${what}`,
      all.length > 0 ? `it has ${all.join(', ')}` : 'check which file the client reads',
    );
  }
  if (flags.manifest !== undefined && servers.length !== 1)
    throw new UsageError('--manifest is for one server', `name it: --server ${servers[0]?.name}`);
  if (flags.undo) return unwrap(config, servers, state, flags.dryRun);
  const lines: Shown[] = [];
  const made: { file: string; fields: ManifestFields }[] = [];
  const wrapped: Wrapped[] = [];
  for (const { name, at, value } of servers) {
    const chosen = flags.manifest === undefined ? undefined : ownManifest(flags.manifest);
    const making = () => newManifest(name, value, program, freeName(state, name, made));
    const found = chosen ?? (await working(ours`looking up ${shown(name, 60)}`, making()));
    if ('why' in found) {
      lines.push(ours`${shown(name)}: not changed, because ${shown(found.why)}`);
      continue;
    }
    const { file, fields, notes } = found;
    if (fields !== undefined) made.push({ file, fields });
    const [command, ...before] = program.start;
    const args = [...before, 'run', file];
    const { command: oldCommand, args: oldArgs } = fieldsOf(value);
    wrapped.push({ at, original: { command: oldCommand, args: oldArgs }, wrapped: { command, args } });
    config.set([...at, 'command'], command);
    config.set([...at, 'args'], args);
    lines.push(ours`${shown(name)}: in the sandbox`, ...notes.map((note) => ours`  ${shown(note)}`));
    lines.push(ours`  next: ${shown(program.command)} grant ${shown(file, 2_000)}`);
  }
  if (wrapped.length > 0 && !flags.dryRun) {
    openStateFolder(state, 'manifests');
    for (const { file, fields } of made)
      writeFileSync(file, `${JSON.stringify(fields, null, 2)}\n`, { flag: 'wx', mode: 0o600 });
    lines.push(ours`copy of the old configuration: ${shown(config.backup(), 2_000)}`);
    remember(state, config.path, wrapped);
    config.save();
  }
  if (flags.dryRun) lines.push(ours`nothing was changed (--dry-run)`);
  out.line(...lines);
}

interface Found {
  readonly file: string;
  /** Undefined for a manifest that is there. */
  readonly fields: ManifestFields | undefined;
  readonly notes: readonly string[];
}

/** Throws NotConfigured for one that cannot be used. */
function ownManifest(path: string): Found {
  loadManifest(path);
  return { file: resolve(path), fields: undefined, notes: [] };
}

async function newManifest(
  server: string,
  value: unknown,
  program: HostProgram,
  file: string,
): Promise<Found | { why: string }> {
  const read = await readServer(value, program);
  if ('why' in read) return read;
  const fields = manifestOf(server, read.fields);
  return 'why' in fields ? fields : { file, fields, notes: read.notes };
}

/** A whole manifest; or why there can be none, such as a variable that cannot be granted. */
function manifestOf(
  server: string,
  fields: Omit<ManifestFields, 'name' | 'permissions'>,
): ManifestFields | { why: string } {
  const wanted = fields.runtimePermissions ?? [];
  const permissions = [...new Set(wanted.flatMap((one) => requiredPermissions(one as RuntimePermission)))];
  const whole = { name: server.slice(0, 64), ...fields, permissions };
  try {
    new MCPManifest(whole);
    return whole;
  } catch (error) {
    if (error instanceof SpendwiseError) return { why: error.message };
    throw error;
  }
}

async function readServer(
  value: unknown,
  program: HostProgram,
): Promise<Awaited<ReturnType<typeof readEntry>>> {
  const { command, args = [], env = {}, cwd, url } = fieldsOf(value);
  const Strings = z.array(z.string());
  const Env = z.record(z.string(), z.string());
  if (url !== undefined && command === undefined) return { why: 'it does not run on this machine' };
  const entry = z
    .object({ command: z.string(), args: Strings, env: Env, cwd: z.string().optional() })
    .safeParse({ command, args, env, cwd });
  if (!entry.success) return { why: 'its command, args or env have an unexpected form' };
  const [start, ...before] = program.start;
  if (entry.data.command === start && isDeepStrictEqual(entry.data.args.slice(0, before.length), before))
    return { why: 'it is already in the sandbox' };
  try {
    return await readEntry(entry.data as Entry, LOOK_UP);
  } catch (error) {
    if (error instanceof SpendwiseError) return { why: `${error.message}: ${error.hint}` };
    throw error;
  }
}

async function imageOf(name: string): Promise<string> {
  const format = '{{range .RepoDigests}}{{println .}}{{end}}{{.Id}}';
  const said = await dockerCommand(['image', 'inspect', '--format', format, name]).catch((error) => {
    throw new Failed(`the image ${name} is not on this machine`, `docker pull ${name}`, error);
  });
  return said.split('\n').find((line) => line !== '') ?? name;
}

/** A manifest's place: in the state folder, which no server may write. */
function freeName(state: string, server: string, taken: readonly { readonly file: string }[]): string {
  const plain =
    server
      .toLowerCase()
      .replace(/[^a-z0-9._-]+/g, '-')
      .replace(/^[.-]+/, '')
      .slice(0, 60) || 'server';
  for (let n = 1; ; n += 1) {
    const file = join(state, 'manifests', `${plain}${n === 1 ? '' : `-${n}`}.json`);
    if (!existsSync(file) && !taken.some((one) => one.file === file)) return file;
  }
}

const Part = z.strictObject({ command: z.unknown(), args: z.unknown().optional() });
const Wrapped = z.strictObject({ at: z.array(z.string()), original: Part, wrapped: Part });
type Wrapped = z.infer<typeof Wrapped>;

/** Without variables: they stay in the configuration. */
const recordOf = (state: string, config: string): string =>
  join(state, 'manifests', `.wrapped-${createHash('sha256').update(config).digest('hex').slice(0, 16)}`);

function recalled(state: string, config: string): Wrapped[] {
  const text = readStateFile(recordOf(state, config));
  return text === undefined ? [] : z.array(Wrapped).parse(JSON.parse(text));
}

function remember(state: string, config: string, wrapped: readonly Wrapped[]): void {
  const fresh = wrapped.map(({ at }) => JSON.stringify(at));
  const before = recalled(state, config).filter(({ at }) => !fresh.includes(JSON.stringify(at)));
  writeFileSync(recordOf(state, config), JSON.stringify([...before, ...wrapped]), { mode: 0o600 });
}

function unwrap(
  config: ClientConfig,
  servers: ReturnType<ClientConfig['servers']>,
  state: string,
  dryRun: boolean,
): void {
  const known = recalled(state, config.path);
  const lines: Shown[] = [];
  const undone = new Set<string>();
  for (const { name, at, value } of servers) {
    const found = known.find((one) => isDeepStrictEqual(one.at, at));
    const { command, args } = fieldsOf(value);
    if (found === undefined)
      lines.push(ours`${shown(name)}: not changed, because wrap did not put it into the sandbox`);
    else if (!isDeepStrictEqual({ command, args }, found.wrapped))
      lines.push(ours`${shown(name)}: not changed, because somebody edited it after wrap`);
    else {
      config.set([...at, 'command'], found.original.command);
      config.set([...at, 'args'], found.original.args);
      undone.add(JSON.stringify(at));
      lines.push(ours`${shown(name)}: starts as before; its manifest and its grant are kept`);
    }
  }
  if (undone.size > 0 && !dryRun) {
    config.save();
    const left = known.filter(({ at }) => !undone.has(JSON.stringify(at)));
    if (left.length > 0) writeFileSync(recordOf(state, config.path), JSON.stringify(left), { mode: 0o600 });
    else rmSync(recordOf(state, config.path));
  }
  if (dryRun) lines.push(ours`nothing was changed (--dry-run)`);
  out.line(...lines);
}
