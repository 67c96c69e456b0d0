import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Failed, Interrupted, NotConfigured } from '../../foundation/errors.ts';
import { identityOf } from '../../foundation/process-identity.ts';
import { type End, FetchLog, logLine, MAX_FETCH_MS } from './fetch-log.ts';
import type { FetchRequest } from './request.ts';
import { Staging } from './staging.ts';

const BETWEEN_LOOKS_MS = 100;
const TRIES = 5;

/** Beside this file: the source in a clone; in a package, where all is in one folder, what was made of it. */
const PROGRAM = ['fetch-process.ts', 'fetch-process.js'].map((name) => path.join(import.meta.dirname, name));

export interface Fetch {
  /** For people. */
  readonly label: string;
  /** Is there when all of it is fetched. */
  readonly folder: string;
  readonly request: FetchRequest;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A fetch that runs. */
interface Running {
  readonly staging: Staging;
  readonly log: FetchLog;
  /** Ends it; undefined when another process of ours began it. */
  readonly stop: (() => Promise<unknown>) | undefined;
}

/**
 * Fetches a package in a process of its own, or waits for the one that already does: one at a time. A client that starts us
 * and waits only so long kills us, and not the fetch. Ctrl-C ends it. Throws NotConfigured, Failed, or the signal's reason.
 */
export async function fetchOnce(
  fetch: Fetch,
  notice: (line: string) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { label, folder } = fetch;
  let broken = '';
  for (let tries = 0; tries < TRIES; tries += 1) {
    signal?.throwIfAborted();
    if (existsSync(folder)) return;
    const last = Staging.last(folder);
    const running = (last && join(last, label, notice)) ?? (await begin(fetch, last));
    if (running === undefined) continue;
    using log = running.log;
    const end = await endOf(log, notice, signal).catch((reason) => leave(reason, running, label));
    if (end !== undefined) running.staging.remove();
    if (end?.end === 'failed') throw errorOf(end);
    if (end?.end === 'fetched') return;
    broken = log.broken;
  }
  throw new Failed(`${label} was not fetched: the process that fetches it ended`, broken || 'run it again');
}

/** Undefined where nothing runs any more. */
function join(staging: Staging, label: string, notice: (line: string) => void): Running | undefined {
  const log = FetchLog.open(staging.log);
  if (log === undefined) return undefined;
  const notices = log.notices();
  if (log.end === undefined && !log.isDead) {
    const [time] = new Date(log.since).toTimeString().split(' ');
    notice(`an earlier start has been fetching ${label} since ${time}: waiting for it`);
    for (const line of notices) notice(line);
    return { staging, log, stop: undefined };
  }
  if (log.end?.end === 'failed')
    notice(`the last fetch of ${label} failed: ${log.end.message}; trying again`);
  if (log.end === undefined) notice(`the last fetch of ${label} was cut off; starting again`);
  log[Symbol.dispose]();
  return undefined;
}

/** Undefined when another was faster. Throws Failed. */
async function begin(
  { folder, request, env }: Fetch,
  last: Staging | undefined,
): Promise<Running | undefined> {
  const fresh = Staging.create(folder);
  const output = openSync(fresh.log, 'a', 0o600);
  // A session of its own: a client that kills our process group does not end it, nor does a terminal that is closed.
  const child = spawn(
    process.execPath,
    PROGRAM.filter((file) => existsSync(file)),
    {
      cwd: path.dirname(folder),
      env,
      stdio: ['pipe', output, output],
      detached: true,
      windowsHide: true,
    },
  );
  const ended = once(child, 'exit').catch((error) => error);
  child.stdin?.on('error', () => {});
  if (child.pid !== undefined) writeSync(output, logLine({ fetcher: identityOf(child.pid), at: Date.now() }));
  closeSync(output);
  if (child.pid === undefined) {
    fresh.remove();
    throw new Failed('the process that fetches packages cannot be started', String(await ended));
  }
  let staging: Staging | undefined;
  try {
    staging = fresh.takeTurn(folder, last);
  } finally {
    // Until it is told what to fetch it does nothing, and without that it ends.
    child.stdin?.end(staging && JSON.stringify({ path: staging.path, folder, request }));
    child.unref();
  }
  const log = staging && FetchLog.open(staging.log);
  if (log === undefined || staging === undefined) return undefined;
  const stop = () => {
    child.ref();
    child.kill();
    return ended;
  };
  return { staging, log, stop };
}

/** Undefined when its process ended, or was ended, before it could say anything. */
async function endOf(
  log: FetchLog,
  notice: (line: string) => void,
  signal: AbortSignal | undefined,
): Promise<End | undefined> {
  for (let dead = false; ; await delay(BETWEEN_LOOKS_MS)) {
    for (const line of log.notices()) notice(line);
    // One look more: it may have said so since.
    if (log.end !== undefined || dead) return log.end;
    signal?.throwIfAborted();
    dead = log.isDead;
  }
}

async function leave(reason: unknown, { stop }: Running, label: string): Promise<never> {
  if (reason instanceof Interrupted && (reason.by === 'SIGTERM' || reason.by === 'SIGHUP')) {
    const hint = `${label} is still being fetched, for ${MAX_FETCH_MS / 60_000} minutes at most: start again later`;
    throw new Interrupted(reason.by, hint);
  }
  await stop?.();
  throw reason;
}

const errorOf = ({ message, hint, notConfigured }: Extract<End, { end: 'failed' }>) =>
  notConfigured ? new NotConfigured(message, hint) : new Failed(message, hint);
