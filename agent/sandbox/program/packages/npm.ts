import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { homedir } from 'node:os';
import { delimiter, dirname } from 'node:path';
import { z } from 'zod';
import { Failed, NotConfigured } from '../../foundation/errors.ts';
import { plainText } from '../../foundation/plain-text.ts';
import type { Platform } from '../../plan/runtime.ts';
import { runFetcher } from './fetching.ts';

/** What npm needs of the operator's environment: where its configuration and the network are. Never a granted value. */
const PASSED =
  /^(PATH|HOME|USER|LANG|TMPDIR|XDG_CONFIG_HOME|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR)|(https?|no)_proxy|npm_config_(registry|userconfig|globalconfig|cafile|proxy|https_proxy|noproxy))$/i;

/**
 * From 11.15 on npm refuses by kind of dependency, before it touches one; from 11.17 on also for what a package's own
 * shrinkwrap says: links out of the tree, and another port of the registry's host.
 */
const OLDEST = [11, 17] as const;

/**
 * npm must neither run anything nor fetch anything but versions from a registry; `root` is our own `package.json`. On the
 * command line they go over whatever a configuration file says, as does the rest, which our reading of the lock needs.
 */
const REGISTRY_ONLY = [
  ...['--ignore-scripts', '--allow-git=none', '--allow-remote=none', '--allow-directory=none'],
  '--allow-file=root',
];
const PLAIN = [
  ...['--omit=dev', '--no-global', '--location=project', '--no-workspaces', '--install-strategy=hoisted'],
  ...['--package-lock', '--lockfile-version=3', '--no-omit-lockfile-registry-resolved', '--no-dry-run'],
  // Somebody waits: npm's own pause before it tries again is ten seconds.
  ...['--fetch-retries=1', '--fetch-retry-mintimeout=1000'],
  ...['--no-bin-links', '--no-audit', '--no-fund', '--no-update-notifier', '--no-progress'],
  ...['--loglevel=error', '--logs-max=0'],
];

export interface InstallOptions {
  /** Where `package.json` stands. */
  readonly folder: string;
  /** npm's own cache for this: what a stranger makes npm download counts, and is removed with it. */
  readonly cache: string;
  readonly platform: Platform;
  readonly signal: AbortSignal | undefined;
}

/**
 * Writes `package-lock.json` for what `package.json` names, and unpacks nothing. False when npm cannot tell without opening
 * a part (one that brings others along). Throws NotConfigured, Failed, or the signal's reason.
 */
export async function npmResolve(options: InstallOptions): Promise<boolean> {
  const failure = await runNpm(['--package-lock-only'], options);
  // npm refuses the tarball of such a part as it does one from a URL; installing tells them apart.
  if (failure?.code === 'EALLOWREMOTE') return false;
  if (failure) throw failed(failure);
  return true;
}

/** Installs what the lock says. Throws NotConfigured, Failed, or the signal's reason. */
export async function npmInstall(options: InstallOptions): Promise<void> {
  const failure = await runNpm([], options);
  if (failure) throw failed(failure);
}

interface NpmFailure {
  readonly code: string | undefined;
  readonly lines: readonly string[];
}

function failed({ code, lines }: NpmFailure): Failed {
  const [first = 'it did not end in time'] = lines;
  if (code === undefined || !/^EALLOW[A-Z]+$/.test(code))
    return new Failed(`npm could not fetch it: ${first.slice(0, 300)}`, 'check name, version and registry');
  const what = lines.find((line) => line.startsWith('Refusing to fetch')) ?? first;
  return new Failed(
    `not fetched: a dependency is not a version from your registry: ${what.slice(0, 300)}`,
    'a dependency from git, a URL or a folder cannot be pinned; run the server from an image: registry "oci"',
  );
}

async function runNpm(
  more: readonly string[],
  { folder, cache, platform: { os, cpu, libc }, signal }: InstallOptions,
): Promise<NpmFailure | undefined> {
  const target = [`--os=${os}`, `--cpu=${cpu}`, ...(libc === undefined ? [] : [`--libc=${libc}`])];
  const args = ['install', ...more, ...REGISTRY_ONLY, ...PLAIN, ...target, `--cache=${cache}`];
  const watched = [folder, cache];
  const { code, said } = await runFetcher(['npm', ...args], {
    folder,
    env: npmEnvironment(),
    watched,
    signal,
  });
  return code === 0 ? undefined : failureOf(said);
}

function failureOf(said: string): NpmFailure {
  const lines = plainText(said)
    .split('\n')
    .map((line) => line.replace(/^npm (error|ERR!) ?/, '').trim());
  const code = lines.find((line) => /^code [A-Z0-9_]+$/.test(line))?.slice('code '.length);
  return {
    code,
    lines: lines.filter((line) => line !== '' && !/^code [A-Z0-9_]+$|A complete log/.test(line)),
  };
}

const VIEW_MS = 30_000;
/** A name, and a version, range or tag. No alias, no address and no path: npm would open them, and they may be a stranger's. */
const SPEC = /^(@[a-z0-9][\w.~-]*\/)?[a-z0-9][\w.~-]*(@[\w.^~<>=|*+ -]{1,100})?$/i;
const Viewed = z.object({ version: z.string(), 'dist.integrity': z.string() });

/**
 * The version that a name stands for in the person's registry, such as `server`, `server@1` or `server@latest`, and the
 * integrity of its tarball. Nothing is fetched. Throws NotConfigured, Failed.
 */
export async function npmView(spec: string): Promise<{ version: string; integrity: string }> {
  if (!SPEC.test(spec))
    throw new Failed(
      `${spec} is not a package of a registry`,
      'give a name and a version, such as server@1.2.3',
    );
  const child = spawn('npm', ['view', '--json', ...PLAIN, spec, 'version', 'dist.integrity'], {
    // A project's own settings must not choose the registry.
    cwd: homedir(),
    env: npmEnvironment(),
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: VIEW_MS,
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(0, 100_000);
  });
  await once(child, 'close').catch((error) => {
    throw noNpm(error);
  });
  try {
    const json = JSON.parse(said);
    // Of a range, all that are in it: the last is the newest.
    const read = Viewed.parse(Array.isArray(json) ? json.at(-1) : json);
    return { version: read.version, integrity: read['dist.integrity'] };
  } catch (error) {
    throw new Failed(`npm does not know ${spec}`, 'check the name, the version and the registry', error);
  }
}

/** Throws NotConfigured when there is no npm, or one that could not keep a package from running programs here. */
export async function requireNpm(): Promise<string> {
  const child = spawn('npm', ['--version'], { env: npmEnvironment(), stdio: ['ignore', 'pipe', 'ignore'] });
  let said = '';
  child.stdout.on('data', (chunk) => {
    said = (said + chunk).slice(0, 100);
  });
  await once(child, 'close').catch((error) => {
    throw noNpm(error);
  });
  const version = plainText(said).trim();
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return version;
  throw new NotConfigured(
    `npm ${version} cannot fetch an untrusted package safely: it may run or change files outside it`,
    `install npm ${OLDEST.join('.')} or newer: npm install --global npm@11`,
  );
}

const noNpm = (error: unknown) =>
  new NotConfigured('npm cannot be started', 'install npm: it fetches published packages', error);

export function npmEnvironment(): Record<string, string | undefined> {
  const passed = Object.entries(process.env).filter(([name]) => PASSED.test(name));
  return { ...Object.fromEntries(passed), PATH: npmsOwnPath(process.env.PATH ?? '') };
}

/**
 * npm reads its global configuration, a company's certificates for one, from beside the Node it runs under: not ours, which
 * stands in node_modules, but the one it was installed with.
 */
const npmsOwnPath = (path: string): string =>
  [
    ...path.split(delimiter).filter((folder) => !folder.includes('node_modules')),
    dirname(process.execPath),
  ].join(delimiter);
