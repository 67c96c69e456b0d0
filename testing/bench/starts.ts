import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { closeServer, listenOnLoopback } from '../stand-ins/listen.ts';
import type { Household } from '../support/household.ts';
import { REPO } from '../support/run.ts';
import type { Sample } from './measure.ts';

const bare = { PATH: process.env.PATH, HOME: process.env.HOME };

/** From the start of Node to its end, with nothing to do. */
export const bareNode: Sample = async () => {
  const started = performance.now();
  await once(spawn(process.execPath, ['-e', '0'], { env: bare, stdio: 'ignore' }), 'exit');
  return performance.now() - started;
};

/** From the start of an MCP server until it has answered `initialize`. */
export const initialized =
  (file: string, env: Record<string, string> = {}): Sample =>
  async () => {
    const started = performance.now();
    const child = spawn(process.execPath, [`${REPO}${file}`], {
      env: { ...bare, ...env },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    child.stdin.write(INITIALIZE);
    await once(child.stdout, 'data');
    const took = performance.now() - started;
    child.stdin.end();
    await gone(child);
    return took;
  };

export const INITIALIZE = `${JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'bench', version: '1' } },
})}\n`;

/** From the start of `spendwise agent ask` until its first request reaches the model: both servers stand by then. */
export const firstModelRequest =
  ({ env }: Pick<Household, 'env'>): Sample =>
  async () => {
    const model = createServer();
    const url = await listenOnLoopback(model, 0);
    const asked = once(model, 'request');
    const started = performance.now();
    const args = [`${REPO}agent/spendwise.js`, 'agent', 'ask', 'hello', '--yes', '--runtime', 'process'];
    const child = spawn(process.execPath, args, {
      env: { ...bare, ...env, OPENAI_BASE_URL: new URL('/v1', url).href },
      stdio: 'ignore',
    });
    await asked;
    const took = performance.now() - started;
    child.kill('SIGINT');
    await gone(child);
    await closeServer(model);
    return took;
  };

const gone = (child: ChildProcess) =>
  child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined;
