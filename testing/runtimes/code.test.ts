import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { describe, expect, test } from 'vitest';
import { obtainConsent } from '../../agent/sandbox/consent/consent.ts';
import { GrantStore } from '../../agent/sandbox/consent/grants.ts';
import { DevMCPManifest } from '../../agent/sandbox/manifest/manifest.ts';
import { launchPlan } from '../../agent/sandbox/plan/launch-plan.ts';
import { programSource } from '../../agent/sandbox/program/prepare.ts';
import { ServerTransport } from '../../agent/sandbox/protocol/transport.ts';
import { dockerRuntime } from '../../agent/sandbox/runtimes/docker/docker.ts';
import { bubblewrapAvailable, testBubblewrap } from '../support/bubblewrap.ts';
import { dockerAvailable, testImages } from '../support/docker.ts';
import { temporaryFolder } from '../support/folder.ts';

/** Says in its name which code it is, and in its version what came of importing what lies in `.git`. */
const server = (name: string) => `import { createInterface } from 'node:readline';
  const version = await import('./.git/hook.mjs').then(() => 'imported', ({ code }) => code);
  createInterface({ input: process.stdin }).on('line', (line) => {
    const { id, method, params } = JSON.parse(line);
    const hello = { protocolVersion: params?.protocolVersion, capabilities: {}, serverInfo: { name: '${name}', version } };
    if (id !== undefined) console.log(JSON.stringify({ jsonrpc: '2.0', id, result: method === 'initialize' ? hello : {} }));
  });`;

describe.each([
  { kind: 'docker', available: dockerAvailable, make: () => dockerRuntime({ images: testImages() }) },
  { kind: 'bubblewrap', available: bubblewrapAvailable, make: () => testBubblewrap() },
])('$kind', ({ available, make }) => {
  test.skipIf(!available)(
    'does not run code that is swapped between consent and start, and .git cannot be imported',
    async () => {
      const folder = temporaryFolder();
      const code = join(folder, 'code');
      const stateDir = join(folder, 'state');
      mkdirSync(join(code, '.git'), { recursive: true });
      writeFileSync(join(code, '.git', 'hook.mjs'), '');
      writeFileSync(join(code, 'server.mjs'), server('granted'));
      const manifest = new DevMCPManifest(
        {
          name: 'swapped',
          registry: 'npm',
          packageName: 'swapped',
          permissions: [],
          codeMount: code,
          execCommand: ['node', 'server.mjs'],
        },
        folder,
      );
      const runtime = make();
      const source = programSource(manifest, runtime, { stateDir, notice: () => {} });
      const grantAll = { because: 'a test', notice: () => {} };
      const options = { ui: undefined, grantAll, store: new GrantStore(stateDir), howToGrant: '' };
      const { prepared, ...consented } = await obtainConsent(manifest, source, options);
      writeFileSync(join(code, 'server.mjs'), server('swapped'));
      const plan = launchPlan(manifest, consented, {}, [], prepared.program);
      const client = new Client({ name: 'test', version: '1' });
      await client.connect(new ServerTransport({ runtime, plan }), { timeout: 60_000 });
      expect(client.getServerVersion()).toMatchObject({ name: 'granted', version: 'ERR_MODULE_NOT_FOUND' });
      await client.close();
    },
  );
});
