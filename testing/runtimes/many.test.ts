import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { describe, expect, test } from 'vitest';
import { DevMCPManifest } from '../../agent/sandbox/manifest/manifest.ts';
import { launchPlan } from '../../agent/sandbox/plan/launch-plan.ts';
import type { Runtime } from '../../agent/sandbox/plan/runtime.ts';
import { ServerTransport } from '../../agent/sandbox/protocol/transport.ts';
import { dockerRuntime } from '../../agent/sandbox/runtimes/docker/docker.ts';
import { bubblewrapAvailable, testBubblewrap } from '../support/bubblewrap.ts';
import { dockerAvailable, ourContainers, testImages } from '../support/docker.ts';
import { temporaryFolder } from '../support/folder.ts';
import { inFull } from '../support/in-full.ts';
import { moreThan, traces } from '../support/traces.ts';

/** Answers every request with its own method. */
const SERVER = `import { createInterface } from 'node:readline';
  createInterface({ input: process.stdin }).on('line', (line) => {
    const { id, method, params } = JSON.parse(line);
    const hello = { protocolVersion: params?.protocolVersion, capabilities: {}, serverInfo: { name: 'many', version: '1' } };
    if (id !== undefined) console.log(JSON.stringify({ jsonrpc: '2.0', id, result: method === 'initialize' ? hello : {} }));
  });`;

function starter(runtime: Runtime) {
  const folder = join(temporaryFolder(), 'code');
  mkdirSync(folder);
  writeFileSync(join(folder, 'server.mjs'), SERVER);
  const manifest = new DevMCPManifest({
    name: 'many',
    registry: 'npm',
    packageName: 'many',
    permissions: ['mcp.ac.network.client'],
    codeMount: folder,
    execCommand: ['node', 'server.mjs'],
    runtimePermissions: [{ type: 'domain', domain: 'a.example.com', port: 443 }],
  });
  const consented = { granted: manifest.runtimePermissions, refused: [] };
  return async () => {
    const transport = new ServerTransport({ runtime, plan: launchPlan(manifest, consented, {}) });
    const client = new Client({ name: 'many', version: '1' });
    await client.connect(transport, { timeout: 60_000 });
    await client.ping();
    return client;
  };
}

/** `npm run soak` has twenty at once, and fifty starts. */
const AT_ONCE = inFull ? 20 : 6;
const IN_TURN = inFull ? 10 : 2;

describe.each([
  { kind: 'docker', available: dockerAvailable, make: () => dockerRuntime({ images: testImages() }) },
  { kind: 'bubblewrap', available: bubblewrapAvailable, make: () => testBubblewrap() },
])('$kind', ({ available, make }) => {
  test.skipIf(!available)(
    'many sandboxes at once start, answer and stop, and nothing is left',
    async () => {
      const start = starter(make());
      // The first makes what is made once, such as connections that are kept.
      await (await start()).close();
      const before = traces();
      const clients = await Promise.all(Array.from({ length: AT_ONCE }, start));
      await Promise.all(clients.map((client) => client.ping()));
      await Promise.all(clients.map((client) => client.close()));
      await expect.poll(() => moreThan(before)).toEqual([]);
      if (dockerAvailable) expect(ourContainers()).toEqual([]);
    },
    240_000,
  );

  test.skipIf(!available)(
    'after many starts and stops nothing is left',
    async () => {
      const start = starter(make());
      await (await start()).close();
      const before = traces();
      // Five abreast, each again and again.
      const inTurn = async () => {
        for (let cycle = 0; cycle < IN_TURN; cycle += 1) await (await start()).close();
      };
      await Promise.all(Array.from({ length: 5 }, inTurn));
      await expect.poll(() => moreThan(before)).toEqual([]);
      if (dockerAvailable) expect(ourContainers()).toEqual([]);
    },
    360_000,
  );
});
