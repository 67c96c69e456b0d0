import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { expect, onTestFinished, test, vi } from 'vitest';
import { GrantStore } from '../../agent/sandbox/consent/grants.ts';
import { loadManifest } from '../../agent/sandbox/manifest/manifest.ts';
import { dockerRuntime } from '../../agent/sandbox/runtimes/docker/docker.ts';
import { imagePython } from '../../agent/sandbox/runtimes/docker/images.ts';
import { processRuntime } from '../../agent/sandbox/runtimes/process.ts';
import { startServer } from '../../agent/sandbox/start-server.ts';
import { bubblewrapAvailable, testBubblewrap } from '../support/bubblewrap.ts';
import { docker, dockerAvailable, testImages } from '../support/docker.ts';
import { temporaryFolder } from '../support/folder.ts';
import { makePythonImage } from '../support/python-image.ts';
import { mcpServer, pipAvailable, pythonIndex } from '../support/python-index.ts';

/** What the server sees of its own place, in Python. */
const LOOK = `json.dumps({'word': __import__('leaf').WORD, 'argv': sys.argv[1:], 'cwd': os.getcwd(),
  'child': __import__('subprocess').run([sys.executable, '-c', 'import leaf; print(leaf.WORD)'], capture_output=True, text=True).stdout,
  'writes': not sys.dont_write_bytecode, 'user': bool(__import__('site').ENABLE_USER_SITE),
  'read_only': not os.access(os.path.dirname(__import__('leaf').__file__), os.W_OK), 'env': dict(os.environ)})`;

/** What a Python says of itself. */
const answer = (libc: string) =>
  JSON.stringify({
    ...{ libc, free_threaded: false },
    markers: {
      ...{ implementation_name: 'cpython', sys_platform: 'linux' },
      ...{ platform_machine: 'x86_64', python_full_version: '3.11.2' },
    },
  });

test.skipIf(!pipAvailable).each([
  { kind: 'docker', available: dockerAvailable, make: () => dockerRuntime({ images: testImages() }) },
  { kind: 'bubblewrap', available: bubblewrapAvailable, make: () => testBubblewrap() },
  { kind: 'process', available: true, make: () => processRuntime({ unsandboxed: false }) },
])(
  'a published Python package runs under $kind, with what it depends on',
  async ({ kind, available, make }) => {
    if (!available) return;
    const index = await pythonIndex();
    const [folder, state] = [temporaryFolder(), temporaryFolder()];
    index.publish('my-server', {
      requires: ['leaf>=1'],
      scripts: { 'my-server': 'my_server:main', other: 'my_server:other' },
      files: { 'my_server/__init__.py': mcpServer(LOOK) },
    });
    index.publish('leaf', {
      files: { 'leaf.py': "WORD = 'from the leaf'\n", 'leaf.pth': "import os; os.environ['PTH'] = 'ran'\n" },
    });
    vi.stubEnv('PIP_CONFIG_FILE', '/dev/null');
    vi.stubEnv('PIP_INDEX_URL', index.url.replace('://', '://reader:the-password@'));
    onTestFinished(() => void vi.unstubAllEnvs());
    const path = join(folder, 'manifest.json');
    const manifest = {
      ...{
        name: 'server',
        registry: 'pypi',
        packageName: 'My_Server',
        packageVersion: '1.0.0',
        permissions: [],
      },
      ...{ runtimeArgs: ['--fast'], ...(kind === 'docker' ? { codeImage: makePythonImage() } : {}) },
    };
    writeFileSync(path, JSON.stringify(manifest));
    const server = await startServer(loadManifest(path), {
      runtime: make(),
      consent: {
        ui: undefined,
        grantAll: { because: 'a test', notice: () => {} },
        store: new GrantStore(state),
        howToGrant: '',
      },
      env: {},
    });
    onTestFinished(() => server.close());
    const client = new Client({ name: 'test', version: '1' });
    await client.connect(server.transport);
    const { content } = await client.callTool({ name: 'say', arguments: {} });
    const [{ text }] = content as [{ text: string }];
    const { env, ...seen } = JSON.parse(text);
    expect(seen).toMatchObject({ word: 'from the leaf', child: 'from the leaf\n', argv: ['--fast'] });
    expect(seen).toMatchObject({ writes: false, user: false });
    expect(JSON.stringify(env)).not.toMatch(/the-password|PIP_|PTH/);
    if (kind !== 'process') expect(seen).toMatchObject({ cwd: '/app', read_only: true });
    await client.close();
    expect(readdirSync(join(state, 'packages'))).toHaveLength(1);
  },
);

test.skipIf(!dockerAvailable)('under Docker the manifest has to say which image has the Python', async () => {
  const { python } = dockerRuntime({ images: testImages() });
  await expect(python?.(undefined, () => {})).rejects.toThrow(/which image has the Python/);
  await expect(python?.(testImages().node, () => {})).rejects.toThrow(/does not say which Python it has/);
});

test.skipIf(!dockerAvailable).each([
  ['does not end', 'exec sleep 600', /which Python it has: .*did not answer/],
  ['does not stop talking', 'exec yes', /Python/],
  ['has a C library of a billion versions', `echo '${answer('glibc 2.1000000000')}'`, undefined],
  ['says nothing that is known', 'echo {}', /does not say what it is/],
])('an image whose Python %s is bounded, and no container of it stays', async (_what, script, refused) => {
  const context = temporaryFolder();
  writeFileSync(join(context, 'python3'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  writeFileSync(join(context, 'Dockerfile'), `FROM ${testImages().node}\nCOPY python3 /usr/bin/python3\n`);
  const id = docker('build', '-q', context).trim();
  onTestFinished(() => void docker('rmi', '-f', id));
  const asked = imagePython('odd', id, 5_000);
  if (refused) await expect(asked).rejects.toThrow(refused);
  else expect((await asked).libc.kind).toBe('musl');
  await expect.poll(() => docker('ps', '-aq', '--filter', `ancestor=${id}`)).toBe('');
});
