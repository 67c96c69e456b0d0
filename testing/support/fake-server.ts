import { PassThrough } from 'node:stream';
import { MCPManifest } from '../../agent/sandbox/manifest/manifest.ts';
import { launchPlan } from '../../agent/sandbox/plan/launch-plan.ts';
import type { RunningServer } from '../../agent/sandbox/plan/runtime.ts';
import { ServerTransport } from '../../agent/sandbox/protocol/transport.ts';
import { fakeRuntime } from './fake-runtime.ts';

/** Of a server that asks for nothing. */
export const plan = launchPlan(
  new MCPManifest({ name: 'x', registry: 'npm', packageName: 'x', permissions: [] }),
  { granted: [], refused: [] },
  {},
);

/** A transport whose server is this process: what is written to `stdout` comes in, what it is sent comes out of `stdin`. */
export async function fakeServer() {
  const ended = Promise.withResolvers<string>();
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const server: RunningServer = {
    stdin,
    stdout,
    stderr,
    exited: ended.promise,
    async stop() {
      for (const output of [stdout, stderr]) output.end();
      ended.resolve('stopped');
    },
  };
  const runtime = fakeRuntime(async () => server);
  const transport = new ServerTransport({ runtime, plan });
  const [messages, errors]: [unknown[], Error[]] = [[], []];
  transport.onmessage = (message) => void messages.push(message);
  transport.onerror = (error) => void errors.push(error);
  await transport.start();
  return { transport, stdin, stdout, stderr, messages, errors };
}
