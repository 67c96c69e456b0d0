import { existsSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { stateDir } from '../../foundation/environment.ts';
import { ConsentMissing, Failed, NotConfigured } from '../../foundation/errors.ts';
import { realPath } from '../../foundation/paths.ts';
import { plainly } from '../../foundation/plainly.ts';
import { jsonLine } from '../../foundation/shown/json-line.ts';
import { ours, type Shown, shown } from '../../foundation/shown/shown.ts';
import { assertNothingOurs, DevMCPManifest, loadManifest, MCPManifest } from '../../manifest/index.ts';
import type { ManifestFields } from '../../manifest/manifest.ts';
import { npmView } from '../../program/packages/npm.ts';
import { packagesIn, wheelIntegrity } from '../../program/packages/python/fetch.ts';
import { normalized } from '../../program/packages/python/markers.ts';
import { newestVersion } from '../../program/packages/python/newest.ts';
import { type Prepared, programSource } from '../../program/prepare.ts';
import { type Host, openHost } from '../../terminal/host.ts';
import { interruptSignal } from '../../terminal/interrupt.ts';
import { out } from '../../terminal/screen.ts';
import { working } from '../../terminal/working.ts';
import type { HostProgram } from '../host-program.ts';
import { pickRuntime, type SessionFlags, sayIfNotSandboxed } from '../pick-runtime.ts';
import { addToManifest } from '../propose/add-to-manifest.ts';
import { reportFor } from '../propose/propose.ts';
import { isPython, PYTHON_IMAGE } from '../python-package.ts';
import { declaredVariables } from './declared-variables.ts';
import { describeInit, type InitReport, initAsJson } from './describe.ts';
import { trial } from './trial.ts';
import { readTarget, type Target } from './words.ts';

export interface InitFlags extends SessionFlags {
  readonly out?: string;
  readonly code?: string;
  readonly codeImage?: string;
  readonly registry: 'npm' | 'pypi';
  readonly force: boolean;
  readonly json: boolean;
}

/** The words of a command line before and after its `--`. */
export function wordsAroundDashes(words: readonly string[], command: Command): [string[], string[]] {
  let root: Command = command;
  while (root.parent !== null) root = root.parent;
  // Commander leaves the dashes out of the words.
  const { rawArgs = [] } = root as { rawArgs?: string[] };
  const at = rawArgs.indexOf('--');
  const before = words.length - (at < 0 ? 0 : rawArgs.length - at - 1);
  return [words.slice(0, before), words.slice(before)];
}

/**
 * `sandbox init`: writes a manifest for a published package, or for a command in a folder; runs the server once with nothing
 * granted, and shows what it tried. Grants nothing.
 */
export async function sandboxInit(
  before: readonly string[],
  after: readonly string[],
  flags: InitFlags,
  program: HostProgram,
): Promise<void> {
  const target = readTarget(before, after, flags.registry);
  const signal = interruptSignal();
  const host = openHost(signal);
  const environment = program.environment();
  const state = stateDir(environment);
  const path = flags.out ?? `${nameOf(target)}.json`;
  if (existsSync(path) && !flags.force)
    throw new Failed(`${path} already exists`, 'choose another name with --out, or replace it with --force');
  const fields = await working(ours`looking up what to run`, fieldsOf(target, path, flags));
  const runtime = await pickRuntime(flags, environment, host, program);
  const inFile = [fields, dirname(resolve(path)), realPath(path)] as const;
  const manifest = target.kind === 'command' ? new DevMCPManifest(...inFile) : new MCPManifest(...inFile);
  assertNothingOurs(manifest, state);
  const options = { stateDir: state, notice: host.mention, busy: host.busy, signal };
  const source = programSource(manifest, runtime, options);
  await agree(manifest, source.fetched, flags, host);
  const since = new Date().toISOString();
  const prepared = await source.prepare();
  writeManifest(path, { ...fields, ...hashOf(target, prepared) }, flags.force);
  const declared = variablesOf(target, prepared);
  if (declared.permissions.length > 0)
    addToManifest(
      path,
      declared.permissions.map((permission) => ({ kind: 'permission', permission })),
    );
  const mayRun = runtime.isolated || flags.unsandboxed;
  sayIfNotSandboxed(runtime, host.err, host.say);
  const trying =
    mayRun && trial(loadManifest(path), prepared, { runtime, environment, notice: host.mention, signal });
  if (trying) host.busy('running it with nothing granted', trying);
  const tried = (await trying) || undefined;
  const report: InitReport = {
    path,
    fields,
    declared,
    trial: tried,
    isolated: runtime.isolated,
    proposals: reportFor(manifest, state, since),
  };
  out.line(...(flags.json ? [jsonLine(initAsJson(report))] : describeInit(report, program.command)));
}

const nameOf = (target: Target): string =>
  target.kind === 'command'
    ? basename(process.cwd())
        .toLowerCase()
        .replace(/[^a-z0-9._-]+/g, '-')
        .replace(/^[._-]+/, '') || 'server'
    : basename(target.name);

async function fieldsOf(target: Target, path: string, flags: InitFlags): Promise<ManifestFields> {
  const own = nameOf(target).slice(0, 64);
  const python = target.kind === 'pypi' || (target.kind === 'command' && isPython(target.command[0]));
  const codeImage = flags.codeImage ?? (python ? PYTHON_IMAGE : undefined);
  return {
    name: own,
    ...(await programOf(target, own, path, flags)),
    ...(codeImage !== undefined && { codeImage }),
    ...(target.kind !== 'command' && target.args.length > 0 && { runtimeArgs: target.args }),
    permissions: [],
  };
}

async function programOf(
  target: Target,
  own: string,
  path: string,
  flags: InitFlags,
): Promise<Omit<ManifestFields, 'name' | 'permissions'>> {
  if (target.kind === 'npm') {
    const { version, integrity } = await npmView(`${target.name}@${target.range}`);
    return { registry: 'npm', packageName: target.name, packageVersion: version, integrity };
  }
  if (target.kind === 'pypi') {
    const { name, program } = target;
    const packageVersion = target.version ?? (await newestVersion(name));
    return { registry: 'pypi', packageName: name, packageVersion, ...(program !== undefined && { program }) };
  }
  const code = relative(realPath(dirname(path)), realPath(flags.code ?? process.cwd()));
  const codeMount = code === '' ? '.' : code;
  return { registry: 'npm', packageName: own, codeMount, execCommand: [...target.command] };
}

/** Of a Python package, the index tells it only with the wheel. */
function hashOf(target: Target, { program }: Prepared): Pick<ManifestFields, 'integrity'> {
  if (target.kind !== 'pypi' || program.code === undefined) return {};
  const integrity = wheelIntegrity(program.code.folder, target.name);
  return integrity === undefined ? {} : { integrity };
}

const inOneLine = (value: unknown): string => JSON.stringify(value, null, 1).replace(/\n */g, ' ');

function writeManifest(path: string, fields: ManifestFields, force: boolean): void {
  try {
    const lines = Object.entries(fields).map(([name, value]) => `  "${name}": ${inOneLine(value)}`);
    writeFileSync(path, `{\n${lines.join(',\n')}\n}\n`, { flag: force ? 'w' : 'wx' });
  } catch (error) {
    throw new NotConfigured(`${path} cannot be written`, 'choose another place with --out', error);
  }
}

/** Nothing of a stranger's is fetched before somebody agreed. Throws ConsentMissing. */
async function agree(
  { name }: MCPManifest,
  fetched: string | undefined,
  flags: InitFlags,
  { ui, say }: Host,
): Promise<void> {
  const what: Shown =
    fetched === undefined
      ? ours`run it once, with nothing granted`
      : ours`fetch ${shown(fetched)}, and run it once, with nothing granted`;
  if (flags.yes) return say(ours`${shown(name)}: ${what}${plainly() ? ours`,` : ours` →`} yes (--yes)`);
  if (ui === undefined)
    throw new ConsentMissing(
      `${name}: there is no terminal to ask on: ${what}`,
      'pass --yes; nothing was fetched or written',
    );
  if (
    fetched === undefined ||
    (await ui.accept(name, ours`is not on this machine yet`, [what], ours`Fetch and run it?`))
  )
    return;
  throw new ConsentMissing(`${name} was not fetched: you did not agree to it`, 'nothing was written');
}

function variablesOf(target: Target, { program }: Prepared): ReturnType<typeof declaredVariables> {
  if (target.kind === 'command' || program.code === undefined) return { permissions: [], from: undefined };
  const { folder } = program.code;
  if (target.kind === 'npm')
    return declaredVariables(join(folder, 'node_modules', target.name), (name) => name === target.name);
  const own = normalized(target.name);
  const module = join(packagesIn(folder), own.replaceAll('-', '_'));
  return declaredVariables(module, (name) => normalized(name) === own);
}
