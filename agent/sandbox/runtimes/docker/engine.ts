import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { engineApi } from './api.ts';
import type { ContainerEngine } from './container.ts';
import { dockerClient, hasClient } from './docker-command.ts';

/** As in api.ts: not with an import. */
const { request } = process.getBuiltinModule('node:http');

const DEFAULT_SOCKET = '/var/run/docker.sock';
/** The API version of Docker 20.10, which has all that we use. */
const OLDEST = 41;
const PING_MS = 2_000;
/** Variables by which the operator tells the client more than where a local engine is. */
const FOR_THE_CLIENT = ['DOCKER_CONTEXT', 'DOCKER_API_VERSION', 'DOCKER_TLS_VERIFY', 'DOCKER_CERT_PATH'];

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * How the operator's engine is spoken to: by its API where it listens on a local socket and is Docker's own, else by
 * the client, which finds engines behind SSH, TLS and contexts, and speaks to Podman. A client is needed in any case: for
 * an image's parts, and to remove what was left.
 */
export async function findEngine(env: Variables): Promise<ContainerEngine> {
  const socketPath = hasClient() ? localSocket(env) : undefined;
  const version = socketPath === undefined ? undefined : await apiVersion(socketPath);
  return socketPath === undefined || version === undefined ? dockerClient : engineApi(socketPath, version);
}

/** The socket that the client would use, where that is a local one; undefined where only the client knows. */
export function localSocket(env: Variables): string | undefined {
  if (process.platform === 'win32' || FOR_THE_CLIENT.some((name) => env[name])) return undefined;
  if (env.DOCKER_HOST) return /^unix:\/\/(\/.+)$/.exec(env.DOCKER_HOST)?.[1];
  return usesDefaultContext(env.DOCKER_CONFIG ?? join(homedir(), '.docker')) ? DEFAULT_SOCKET : undefined;
}

const ClientConfig = z.object({ currentContext: z.string().optional() });

function usesDefaultContext(folder: string): boolean {
  let config: string;
  try {
    config = readFileSync(join(folder, 'config.json'), 'utf8');
  } catch {
    return true;
  }
  try {
    return (ClientConfig.parse(JSON.parse(config)).currentContext || 'default') === 'default';
  } catch {
    return false;
  }
}

/** By socket. It is asked for its images, and again for the containers. */
const answered = new Map<string, string>();

/** Undefined when there is no answer, or the engine is not Docker or too old. */
async function apiVersion(socketPath: string): Promise<string | undefined> {
  const version = answered.get(socketPath) ?? (await askForVersion(socketPath));
  if (version !== undefined) answered.set(socketPath, version);
  return version;
}

function askForVersion(socketPath: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const options = { socketPath, path: '/_ping', headers: { host: 'docker' }, agent: false };
    const asked = request({ ...options, timeout: PING_MS }, (response) => {
      response.resume();
      const { server = '', 'api-version': version = '' } = response.headers;
      const [, minor = '0'] = /^1\.(\d+)$/.exec(String(version)) ?? [];
      resolve(String(server).startsWith('Docker/') && Number(minor) >= OLDEST ? String(version) : undefined);
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(undefined)).end();
  });
}
