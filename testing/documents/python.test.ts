import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { GrantStore } from '../../agent/sandbox/consent/grants.ts';
import { loadManifest } from '../../agent/sandbox/manifest/manifest.ts';
import type { EgressEvent } from '../../agent/sandbox/plan/egress.ts';
import { dockerRuntime } from '../../agent/sandbox/runtimes/docker/docker.ts';
import { startServer } from '../../agent/sandbox/start-server.ts';
import { bubblewrapAvailable, testBubblewrap } from '../support/bubblewrap.ts';
import { dockerAvailable, testImages } from '../support/docker.ts';
import { blocksOf } from '../support/document.ts';
import { temporaryFolder } from '../support/folder.ts';
import { pythonAvailable } from '../support/python.ts';
import { makePythonImage, PYTHON_IMAGE } from '../support/python-image.ts';
import { Reader } from '../support/reader.ts';
import { terminalAvailable } from '../support/reader-shell.ts';

const PAGE = 'agent/sandbox/PYTHON.md';
const STANDS = { 'python:3-slim': PYTHON_IMAGE };
const TOKEN = 'tok-7f3a9c';
const noEngine = { DOCKER_HOST: 'unix:///nonexistent/docker.sock' };

/** The API of the page, on this machine: the broker leads its domain here. */
async function api() {
  const arrived: unknown[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { method, url, headers } = request;
    arrived.push({ method, url, authorization: headers.authorization, body });
    response.end(`posted with ${headers.authorization}`);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  return { arrived, target: new URL(`http://127.0.0.1:${port}`) };
}

describe.each([
  {
    kind: 'docker',
    env: {} as Record<string, string>,
    available: dockerAvailable && pythonAvailable,
    make: () => dockerRuntime({ images: testImages() }),
  },
  {
    kind: 'bubblewrap',
    env: noEngine,
    available: bubblewrapAvailable && pythonAvailable,
    make: () => testBubblewrap(),
  },
])('under $kind', ({ kind, env, available, make }) => {
  let reader: Reader;
  beforeAll(() => {
    if (available && kind === 'docker') makePythonImage();
    if (available && terminalAvailable) reader = new Reader(PAGE, env, STANDS);
  });
  afterAll(() => reader?.close());

  test.skipIf(!available || !terminalAvailable).each(['The server', 'Run it'])(
    'the page is true: %s',
    (section) => reader.read(section),
  );

  test.skipIf(!available)('its server posts what is allowed, and never has the token', async () => {
    const folder = temporaryFolder();
    for (const {
      words: [file],
      text,
    } of blocksOf(PAGE, STANDS)) {
      if (file === undefined) continue;
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), text);
    }
    const { arrived, target } = await api();
    const egress: EgressEvent[] = [];
    const server = await startServer(loadManifest(join(folder, 'manifest.json')), {
      runtime: make(),
      consent: {
        ui: undefined,
        grantAll: { because: 'a test', notice: () => {} },
        store: new GrantStore(join(folder, 'state')),
        howToGrant: '',
      },
      env: { TASKS_TOKEN: TOKEN },
      diversions: [{ domain: 'api.tasks.example', port: 443, target, variable: 'X' }],
      onEgress: (event) => void egress.push(event),
    });
    onTestFinished(() => server.close());
    const client = new Client({ name: 'test', version: '1' });
    await client.connect(server.transport);
    const post = async (path: string, task: object) =>
      JSON.stringify((await client.callTool({ name: 'post', arguments: { path, task } })).content);

    expect(await post('/v1/tasks', { title: 'water' })).toMatch(/posted with .*\(token: placeholder-/);
    expect(await post('/v1/tasks', { title: 'water', owner: 'me' })).toContain('json.owner is not allowed');
    expect(await post('/v1/admins', { title: 'me' })).toContain('no rule for POST /v1/admins');
    expect(arrived).toEqual([
      { method: 'POST', url: '/v1/tasks', authorization: `Bearer ${TOKEN}`, body: '{"title":"water"}' },
    ]);
    expect(egress.map(({ verdict }) => verdict)).toEqual(['allowed', 'denied', 'denied']);
    const inside = await server.running?.exec?.([
      'sh',
      '-c',
      'env; cat /proc/[0-9]*/environ /app/* /tmp/* 2>/dev/null',
    ]);
    expect(inside?.output).toContain('TASKS_TOKEN=placeholder-');
    expect(inside?.output).not.toContain(TOKEN);
  });
});
