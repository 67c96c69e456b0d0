import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { expect, test } from 'vitest';
import { DevMCPManifest } from '../../../../agent/sandbox/manifest/manifest.ts';
import { launchPlan } from '../../../../agent/sandbox/plan/launch-plan.ts';
import { ServerTransport } from '../../../../agent/sandbox/protocol/transport.ts';
import { processRuntime } from '../../../../agent/sandbox/runtimes/process.ts';
import { temporaryFolder } from '../../../support/folder.ts';

test('ends a server that never answers initialize, and says why', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'server.mjs'), 'process.stdin.resume(); setInterval(() => {}, 1000);');
  const manifest = new DevMCPManifest(
    {
      name: 'mute',
      registry: 'npm',
      packageName: 'mute',
      permissions: [],
      codeMount: '.',
      execCommand: ['node', 'server.mjs'],
    },
    folder,
  );
  const plan = launchPlan(manifest, { granted: [], refused: [] }, {});
  const runtime = processRuntime({ unsandboxed: false });
  const transport = new ServerTransport({ runtime, plan, helloMs: 300 });
  const errors: string[] = [];
  const client = new Client({ name: 'test', version: '1' });
  client.onerror = (error) => void errors.push(error.message);
  await expect(client.connect(transport)).rejects.toThrow();
  expect(errors).toContain('it did not answer initialize within 0.3 s');
  await expect.poll(() => transport.ended).toBe('it did not answer initialize within 0.3 s');
});
