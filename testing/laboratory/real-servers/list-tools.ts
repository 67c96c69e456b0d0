import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}
export type Listed =
  | { readonly ok: true; readonly tools: readonly unknown[]; readonly tookMs: number }
  | { readonly ok: false; readonly why: string };

const VERSION = '2025-06-18';
const MAX_PAGES = 20;
const GRACE_MS = 3_000;

/** Starts a server, asks for its tools over the bare wire (an SDK would leave out what it does not know), and ends it. */
export async function listTools({ program, args, env, cwd }: Command, patienceMs: number): Promise<Listed> {
  const started = performance.now();
  // A process group of its own: servers start others, and some stay when their stdin ends.
  const child = spawn(program, args, { env, cwd, stdio: 'pipe', detached: true });
  const closed = once(child, 'close').catch(() => {});
  let said = '';
  child.stderr.on('data', (chunk) => {
    said = (said + chunk).slice(-4_000);
  });
  child.stdin.on('error', () => {});
  const asked = new Map<number, PromiseWithResolvers<Record<string, unknown>>>();
  const fail = (why: string) => {
    for (const { reject } of asked.values()) reject(new Error(why));
  };
  const deadline = setTimeout(() => fail('it did not answer in time'), patienceMs);
  child.on('error', () => fail('it cannot be started'));
  child.stdout.on('close', () => fail('it ended'));
  createInterface({ input: child.stdout }).on('line', (line) => {
    const message = read(line);
    // What a server asks of its client meanwhile stays unanswered: a client without capabilities.
    if (message === undefined || message.method !== undefined) return;
    const waiting = asked.get(Number(message.id));
    const { error, result } = message as { error?: { message?: unknown }; result?: Record<string, unknown> };
    if (error === undefined) waiting?.resolve(result ?? {});
    else waiting?.reject(new Error(`it answered with an error: ${error.message}`));
  });
  const send = (message: object) =>
    void child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  const ask = (method: string, params: object) => {
    const id = asked.size + 1;
    const answer = Promise.withResolvers<Record<string, unknown>>();
    asked.set(id, answer);
    send({ id, method, params });
    return answer.promise;
  };
  try {
    const clientInfo = { name: 'real-servers', version: '1' };
    await ask('initialize', { protocolVersion: VERSION, capabilities: {}, clientInfo });
    send({ method: 'notifications/initialized' });
    const tools: unknown[] = [];
    let cursor: unknown;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const answer = await ask('tools/list', cursor === undefined ? {} : { cursor });
      tools.push(...(answer.tools as unknown[]));
      cursor = answer.nextCursor;
      if (cursor === undefined) return { ok: true, tools, tookMs: performance.now() - started };
    }
    return { ok: false, why: `more than ${MAX_PAGES} pages of tools` };
  } catch (error) {
    return { ok: false, why: `${(error as Error).message}\n${said}` };
  } finally {
    clearTimeout(deadline);
    child.stdin.end();
    if (await Promise.race([closed.then(() => false), delay(GRACE_MS, true, { ref: false })])) {
      // Ours takes its pod along.
      child.kill('SIGTERM');
      await Promise.race([closed, delay(GRACE_MS, undefined, { ref: false })]);
    }
    killGroup(child.pid);
  }
}

function read(line: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(line);
  } catch {
    // Some servers print a banner first.
    return undefined;
  }
}

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody is left.
  }
}
