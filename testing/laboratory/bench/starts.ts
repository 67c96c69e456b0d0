import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { closeServer, listenOnLoopback } from '../../stand-ins/listen.ts';
import type { Household } from '../../support/household.ts';
import { REPO } from '../../support/run.ts';
import { type Sample, timed } from './measure.ts';

const bare = { PATH: process.env.PATH, HOME: process.env.HOME };

/** From the start of Node to its end, with nothing to do. */
export const bareNode: Sample = timed(() =>
  once(spawn(process.execPath, ['-e', '0'], { env: bare, stdio: 'ignore' }), 'exit'),
);

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** A server of this clone as a plain child. */
export const node = (file: string, ...args: string[]): Command => ({
  program: process.execPath,
  args: [`${REPO}${file}`, ...args],
});

/** From the start of MCP servers, all at once, until each has answered `initialize`. Then they end. */
export const initialized =
  (...commands: readonly Command[]): Sample =>
  async () => {
    const started = performance.now();
    const children = await Promise.all(
      commands.map(async ({ program, args, env }) => {
        const child = spawn(program, args, { env: { ...bare, ...env }, stdio: ['pipe', 'pipe', 'ignore'] });
        child.stdin.write(INITIALIZE);
        await once(child.stdout, 'data');
        return child;
      }),
    );
    const took = performance.now() - started;
    await Promise.all(
      children.map((child) => {
        child.stdin.end();
        return gone(child);
      }),
    );
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
