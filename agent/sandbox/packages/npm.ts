import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { delimiter, dirname } from 'node:path';
import { Failed, NotConfigured } from '../../errors.ts';
import { plainText } from '../../plain-text.ts';

/** What npm needs of the operator's environment: where its configuration and the network are. Never a granted value. */
const PASSED =
  /^(PATH|HOME|USER|LANG|TMPDIR|XDG_CONFIG_HOME|XDG_CACHE_HOME|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR)|(https?|no)_proxy|npm_config_(registry|userconfig|globalconfig|cache|cafile|proxy|https_proxy|noproxy|offline|prefer_offline))$/i;
const INSTALL_MS = 300_000;

/** For which machine optional parts of packages are chosen. */
export interface Platform {
  readonly os: string;
  readonly cpu: string;
  readonly libc: string | undefined;
}

/** Installs what `package.json` in the folder names, with all scripts off. Throws NotConfigured, Failed, or the signal's reason. */
export async function npmInstall(
  folder: string,
  { os, cpu, libc }: Platform,
  signal: AbortSignal | undefined,
): Promise<void> {
  const target = [`--os=${os}`, `--cpu=${cpu}`, ...(libc === undefined ? [] : [`--libc=${libc}`])];
  const quiet = [
    '--fetch-retries=1',
    '--no-audit',
    '--no-fund',
    '--no-update-notifier',
    '--no-progress',
    '--loglevel=error',
  ];
  const args = ['install', '--ignore-scripts', '--omit=dev', '--omit-lockfile-registry-resolved', ...target];
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => PASSED.test(name)));
  env.PATH = npmsOwnPath(env.PATH ?? '');
  const child = spawn('npm', [...args, ...quiet], {
    cwd: folder,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: INSTALL_MS,
    killSignal: 'SIGKILL',
    ...(signal ? { signal } : {}),
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4_000);
  });
  try {
    const [code] = await once(child, 'close');
    if (code === 0) return;
  } catch (error) {
    signal?.throwIfAborted();
    throw noNpm(error);
  }
  const [first = 'it did not end in time'] = plainText(said)
    .split('\n')
    .map((line) => line.replace(/^npm (error|ERR!)( code)? /, '').trim())
    .filter((line) => line !== '' && !/^E[A-Z0-9]+$|A complete log/.test(line));
  throw new Failed(`npm could not fetch it: ${first.slice(0, 300)}`, 'check name, version and registry');
}

/** Throws NotConfigured when there is no npm. */
export async function npmVersion(): Promise<string> {
  const env = { PATH: npmsOwnPath(process.env.PATH ?? ''), HOME: process.env.HOME };
  const child = spawn('npm', ['--version'], { env, stdio: ['ignore', 'pipe', 'ignore'] });
  let version = '';
  child.stdout.on('data', (chunk) => {
    version += chunk;
  });
  try {
    await once(child, 'close');
    return version.trim();
  } catch (error) {
    throw noNpm(error);
  }
}

const noNpm = (error: unknown) =>
  new NotConfigured('npm cannot be started', 'install npm: it fetches published packages', error);

/**
 * npm reads its global configuration, a company's certificates for one, from beside the Node it runs under: not ours, which
 * stands in node_modules, but the one it was installed with.
 */
const npmsOwnPath = (path: string): string =>
  [
    ...path.split(delimiter).filter((folder) => !folder.includes('node_modules')),
    dirname(process.execPath),
  ].join(delimiter);
