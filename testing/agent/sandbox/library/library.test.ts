import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client as ClientV2 } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import {
  AuditLog,
  ConsentMissing,
  type ConsentUI,
  EnvironmentVariable,
  GrantStore,
  loadManifest,
  programConsent,
  SandboxedStdioTransport,
  type StartOptions,
  startServer,
} from '@spendwise/sandbox';
import { expect, test } from 'vitest';
import { processRuntime } from '../../../../agent/sandbox/runtimes/process.ts';
import { temporaryFolder } from '../../../support/folder.ts';
import { codeOf } from '../../../support/tool-server.ts';

function notes(ui: ConsentUI | undefined) {
  const folder = temporaryFolder();
  codeOf(join(folder, 'code'), 'return process.env.TOKEN');
  const path = join(folder, 'notes.json');
  const manifest = {
    name: 'notes',
    registry: 'npm',
    packageName: 'notes',
    permissions: ['mcp.ac.system.env.read'],
    runtimePermissions: [{ type: 'env', name: 'TOKEN' }],
    codeMount: 'code',
    execCommand: ['node', 'server.mjs'],
  };
  writeFileSync(path, JSON.stringify(manifest));
  const state = join(folder, 'state');
  const options: StartOptions = {
    runtime: processRuntime({ unsandboxed: true }),
    consent: { ui, store: new GrantStore(state) },
    audit: () => AuditLog.ofNewRun(state),
    env: { TOKEN: 's3cret' },
  };
  return { manifest: loadManifest(path), options };
}
const yes = programConsent({ allow: () => true, accept: () => true });

// Neither needs a cast: the types of both fit.
test.each([
  [
    'v1',
    (transport: SandboxedStdioTransport) => {
      const client = new ClientV1({ name: 'c', version: '1' });
      return client.connect(transport).then(() => client);
    },
  ],
  [
    'v2',
    (transport: SandboxedStdioTransport) => {
      const client = new ClientV2({ name: 'c', version: '1' }, { versionNegotiation: { mode: 'auto' } });
      return client.connect(transport).then(() => client as unknown as ClientV1);
    },
  ],
] as const)(
  'SandboxedStdioTransport takes the place of the transport of SDK %s',
  async (_version, connect) => {
    const { manifest, options } = notes(yes);
    const transport = new SandboxedStdioTransport(manifest, options);
    const client = await connect(transport);
    const { content } = await client.callTool({ name: 'go', arguments: {} });
    expect(content).toEqual([{ type: 'text', text: 's3cret' }]);
    const { running } = transport.server ?? {};
    await client.close();
    expect(await running?.exited).toBeTypeOf('string');
  },
);

test('server.transport fits a client of either SDK as it is', async () => {
  const { manifest, options } = notes(yes);
  await using server = await startServer(manifest, options);
  const [v1, v2] = [new ClientV1({ name: 'c', version: '1' }), new ClientV2({ name: 'c', version: '1' })];
  // That both calls compile is what is tested; one connects.
  const connects = [() => v2.connect(server.transport), () => v1.connect(server.transport)];
  await connects[1]?.();
  expect((await v1.listTools()).tools).toHaveLength(1);
});

test.each<[string, Parameters<typeof programConsent>[0]]>([
  ['says no', { allow: () => false }],
  [
    'throws',
    {
      allow: () => {
        throw new Error('who knows');
      },
    },
  ],
  ['rejects', { allow: () => Promise.reject(new Error('who knows')) }],
  ['says something that is only true in a condition', { allow: () => 'yes' as never }],
  ['says nothing', { allow: (() => {}) as never }],
])('treats a program that %s as a refusal', async (_how, answers) => {
  const ui = programConsent(answers);
  expect(await ui.consent('notes', new EnvironmentVariable('TOKEN'))).toBe('no');
  expect(await ui.accept('notes', 'it has changed' as never, [])).toBe(false);
});

test('withholds a permission that a program refused; without anybody to ask, nothing runs', async () => {
  const { manifest, options } = notes(programConsent({ allow: () => false, accept: () => true }));
  const transport = new SandboxedStdioTransport(manifest, options);
  const client = new ClientV1({ name: 'c', version: '1' });
  await client.connect(transport);
  const { content } = await client.callTool({ name: 'go', arguments: {} });
  expect(content).toEqual([{ type: 'text', text: 'undefined' }]);
  await client.close();
  const nobody = notes(undefined);
  await expect(startServer(nobody.manifest, nobody.options)).rejects.toThrow(ConsentMissing);
});

test('asks again about a changed server, and a program accepts nothing by default', async () => {
  const { manifest, options } = notes(programConsent({ allow: () => true }));
  const store = options.consent.store;
  {
    await using server = await startServer(manifest, options);
    await new ClientV1({ name: 'c', version: '1' }).connect(server.transport);
  }
  codeOf(manifest.codeFolder ?? '', 'return process.env.TOKEN', '// other code');
  expect(store.find(manifest)).toBeDefined();
  await expect(startServer(manifest, options)).rejects.toThrow(/did not accept/);
});
