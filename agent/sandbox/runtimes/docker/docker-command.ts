import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Failed, NotConfigured } from '../../foundation/errors.ts';
import { lastLine } from '../../foundation/plain-text.ts';
import { keptOutput } from '../kept-output.ts';
import type { ContainerEngine } from './container.ts';
import { runArguments } from './container-options.ts';
import { engineHint } from './engine-hint.ts';

/** What the client, Docker's or Podman's, needs of the operator's environment to find its engine and its images. */
const CLIENT_VARIABLES = [
  'PATH',
  'HOME',
  'USER',
  'XDG_RUNTIME_DIR',
  'SSH_AUTH_SOCK',
  'DOCKER_HOST',
  'DOCKER_CONTEXT',
  'DOCKER_CONFIG',
  'DOCKER_CERT_PATH',
  'DOCKER_TLS_VERIFY',
  'DOCKER_API_VERSION',
  'CONTAINER_HOST',
  'CONTAINER_CONNECTION',
  'CONTAINERS_CONF',
  'CONTAINERS_STORAGE_CONF',
  'CONTAINERS_REGISTRIES_CONF',
  'REGISTRY_AUTH_FILE',
  'XDG_CONFIG_HOME',
  'XDG_DATA_HOME',
  // Rootless Podman asks the person's systemd for its cgroups.
  'DBUS_SESSION_BUS_ADDRESS',
];

const clientEnvironment = (): Record<string, string> =>
  Object.fromEntries(
    CLIENT_VARIABLES.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );

/** Characters. What a stranger's image says counts. */
const MAX_ANSWER = 2 ** 24;

const isOn = (path: string, name: string): boolean =>
  path.split(delimiter).some((folder) => existsSync(join(folder, name)));

/** Docker's command, or where there is none, Podman's, which takes the same words. */
export const engineCommand = (path = process.env.PATH ?? ''): 'docker' | 'podman' =>
  !isOn(path, 'docker') && isOn(path, 'podman') ? 'podman' : 'docker';

export const hasClient = (path = process.env.PATH ?? ''): boolean => isOn(path, engineCommand(path));

/**
 * Starts the Docker client. `env` holds what containers get by `-e NAME`: values never stand in an argument list.
 * Detached: a signal to our process group must not reach it before we have stopped the container.
 */
export function spawnDocker(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  folder?: string,
): ChildProcessWithoutNullStreams {
  return spawn(engineCommand(), args, {
    env: { ...env, ...clientEnvironment() },
    stdio: 'pipe',
    detached: true,
    ...(folder === undefined ? {} : { cwd: folder }),
  });
}

/** Containers behind a client each: wherever the engine may be. */
export const dockerClient: ContainerEngine = {
  kind: 'client',
  async run(container, { onCreated, mayStart } = {}) {
    onCreated?.();
    await mayStart;
    // Podman's monitor leaves a file where it is when memory runs out: there it is removed.
    const child = spawnDocker(runArguments(container), container.variables, container.folder);
    const gone = new Promise<string>((resolve) => {
      child.on('error', (error: NodeJS.ErrnoException) => resolve(`not started: ${error.code}`));
      child.on('close', (code) => resolve(`exit code ${code}`));
    });
    // An end is reported by `gone`, not by a write that fails.
    child.stdin.on('error', () => {});
    return { stdin: child.stdin, stdout: keptOutput(child.stdout), stderr: keptOutput(child.stderr), gone };
  },
  async remove(...names) {
    await dockerCommand(['rm', '-f', ...names]).catch(() => {});
  },
  imageNames: () => clientImageNames(),
};

/** As `NAME:TAG`, without images that have no name. */
export async function clientImageNames(...filter: string[]): Promise<string[]> {
  const rows = await dockerCommand(['images', ...filter, '--format', '{{.Repository}}:{{.Tag}}']);
  return rows.split('\n').filter((row) => row !== '' && !row.includes('<none>'));
}

/** Runs a Docker command to its end. Resolves with stdout. Throws NotConfigured without a client, Failed otherwise. */
export function dockerCommand(
  args: readonly string[],
  options: { timeoutMs?: number } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawnDocker(args);
    const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs ?? 120_000);
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout = (stdout + text).slice(0, MAX_ANSWER);
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr = (stderr + text).slice(-2000);
    });
    child.stdin.on('error', () => {}).end();
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(
        new NotConfigured(
          'the docker command cannot be started',
          'install Docker or Podman, or use --runtime process',
          error,
        ),
      );
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      if (code === 0) resolve(stdout);
      else {
        const why = lastLine(stderr) || 'it did not answer';
        reject(new Failed(`docker ${args[0]} failed: ${why}`, engineHint(`${stderr}\n${why}`)));
      }
    });
  });
}
