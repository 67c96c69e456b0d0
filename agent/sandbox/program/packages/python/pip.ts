import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { z } from 'zod';
import { Failed, NotConfigured } from '../../../foundation/errors.ts';
import { plainText } from '../../../foundation/plain-text.ts';
import type { PythonTarget } from '../../../plan/runtime.ts';
import { runFetcher } from '../fetching.ts';

/** What pip needs of the operator's environment: where its configuration and the network are. Never a granted value. */
const PASSED =
  /^(PATH|HOME|USER|LANG|NETRC|PYENV_ROOT|XDG_CONFIG_(HOME|DIRS)|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|(https?|no|all)_proxy|PIP_(CONFIG_FILE|INDEX_URL|EXTRA_INDEX_URL|NO_INDEX|FIND_LINKS|CERT|CLIENT_CERT|PROXY|TRUSTED_HOST|DEFAULT_TIMEOUT|TIMEOUT|RETRIES|KEYRING_PROVIDER))$/i;
/** The first that was tried. It can report what it would install, with hashes. */
const OLDEST = [23, 0] as const;
const MAX_REPORT_BYTES = 64 * 1024 * 1024;
/** KiB. pip unpacks in its memory what a stranger's wheel says of itself. */
const MEMORY = 2 * 1024 * 1024;
/** The most that one part may say of what it depends on, and the most parts. */
const MOST = { requirements: 2_000, parts: 1_000 };

/**
 * Wheels only: nothing is built. Never what a package depends on: we read that first, for pip would clone,
 * or build, what an address in it leads to. On the command line they go over whatever a configuration file says.
 */
const WHEELS_ONLY = ['--no-binary=:none:', '--only-binary=:all:', '--no-deps'];
export const UNATTENDED = ['--no-input', '--disable-pip-version-check', '--no-color'];
const PLAIN = [...UNATTENDED, '--quiet', '--no-python-version-warning'];

const Report = z.object({
  install: z
    .array(
      z.object({
        download_info: z.object({
          url: z.string(),
          archive_info: z.object({ hashes: z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/) }) }),
        }),
        metadata: z.object({
          name: z.string(),
          version: z.string(),
          requires_dist: z.array(z.string()).max(MOST.requirements).default([]),
        }),
      }),
    )
    .max(MOST.parts),
});
export type Found = z.output<typeof Report>['install'][number];

export interface PipOptions {
  readonly command: string;
  /** Where its caches and all other files of its own go. */
  readonly scratch: string;
  readonly target: PythonTarget;
  readonly signal: AbortSignal | undefined;
}

/** The wheels that these requirements, one for each name, mean on the target. Throws NotConfigured, Failed. */
export async function pipResolve(requirements: readonly string[], options: PipOptions): Promise<Found[]> {
  const report = join(options.scratch, 'report.json');
  const words = [
    '--dry-run',
    '--no-user',
    '--ignore-installed',
    `--report=${report}`,
    ...platformWords(options.target),
  ];
  await runPip(['install', ...words, `--target=${join(options.scratch, 'none')}`], requirements, options);
  try {
    if (statSync(report).size > MAX_REPORT_BYTES) throw new Error('it is over 64 MB');
    return Report.parse(JSON.parse(readFileSync(report, 'utf8'))).install;
  } catch (error) {
    throw new Failed('what pip found cannot be read', 'a part may not be a wheel from your index', error);
  }
}

/** Downloads wheels, each with its hash behind its name. Throws NotConfigured, Failed. */
export const pipDownload = (pinned: readonly string[], folder: string, options: PipOptions): Promise<void> =>
  runPip(
    ['download', '--require-hashes', ...platformWords(options.target), `--dest=${folder}`],
    pinned,
    options,
  );

async function runPip(
  words: readonly string[],
  requirements: readonly string[],
  { command, scratch, signal }: PipOptions,
): Promise<void> {
  const [cache, temporary, file] = ['cache', 'tmp', 'requirements.txt'].map((name) =>
    join(scratch, name),
  ) as [string, string, string];
  mkdirSync(temporary, { recursive: true });
  writeFileSync(file, `${requirements.join('\n')}\n`);
  const args = [...words, ...WHEELS_ONLY, ...PLAIN, `--cache-dir=${cache}`, `--requirement=${file}`];
  const limited = `ulimit -v ${MEMORY}; exec "$@"`;
  const { code, said } = await runFetcher(['/bin/sh', '-c', limited, 'pip', command, ...args], {
    folder: scratch,
    env: { ...pipEnvironment(), TMPDIR: temporary, PIP_REQUIRE_VIRTUALENV: '0' },
    watched: [scratch],
    signal,
  });
  if (code === 0) return;
  throw new Failed(
    `pip could not fetch it: ${pipSaid(said) ?? 'it did not end in time'}`,
    'check name, version and index; there must be wheels for all that it depends on, for nothing is built here',
  );
}

/** The line of pip's stderr that says what went wrong, without a password in an address. */
export function pipSaid(stderr: string): string | undefined {
  const lines = plainText(stderr)
    .replace(/\/\/[^/\s@]*@/g, '//')
    .split('\n')
    .map((line) => line.trim());
  const why = lines.find((line) => line.startsWith('ERROR:')) ?? lines.findLast((line) => line !== '');
  return why?.slice(0, 300);
}

/** Of the Python in the sandbox, which need not be the one that pip runs under. */
function platformWords({ version, machine, libc }: PythonTarget): string[] {
  const tag = (name: string) => `--platform=${name}_${machine}`;
  const [major = 0, minor = 0] = libc.version;
  const known =
    libc.kind === 'musl'
      ? [2, 1].map((n) => `musllinux_1_${n}`)
      : [
          ...Array.from({ length: Math.max(minor - 4, 0) }, (_, n) => `manylinux_${major}_${minor - n}`),
          ...['manylinux2014', 'manylinux2010', 'manylinux1'],
        ];
  const short = version.split('.').slice(0, 2).join('');
  return [
    ...[...known, 'linux'].map(tag),
    ...[`--python-version=${version}`, '--implementation=cp', `--abi=cp${short}`],
  ];
}

/** Throws NotConfigured when there is no pip, or one that cannot say what it would install. */
export async function requirePip(): Promise<{ command: string; version: string }> {
  for (const command of ['pip', 'pip3']) {
    const child = spawn(command, ['--version'], {
      env: pipEnvironment(),
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let said = '';
    child.stdout.on('data', (chunk) => {
      said = (said + chunk).slice(0, 200);
    });
    const there = await once(child, 'close').catch(() => undefined);
    const version = /^pip (\d+(?:\.\d+)*)/.exec(plainText(said))?.[1];
    if (there === undefined || version === undefined) continue;
    const [major = 0, minor = 0] = version.split('.').map(Number);
    if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return { command, version };
    throw new NotConfigured(
      `pip ${version} cannot say what it would fetch`,
      `install pip ${OLDEST.join('.')} or newer: python3 -m pip install --user --upgrade pip`,
    );
  }
  throw new NotConfigured(
    'pip cannot be started',
    'install pip: it fetches published Python packages (on Debian: apt-get install python3-pip)',
  );
}

export function pipEnvironment(): Record<string, string | undefined> {
  const passed = Object.entries(process.env).filter(([name]) => PASSED.test(name));
  const path = (process.env.PATH ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'));
  return { ...Object.fromEntries(passed), PATH: path.join(delimiter) };
}
