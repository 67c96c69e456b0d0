import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client as ClientV2 } from '@modelcontextprotocol/client';
import { StdioClientTransport as StdioV2 } from '@modelcontextprotocol/client/stdio';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dockerAvailable, seesContainers, testImages, testWithDocker } from '../../support/docker.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { inFull, TODAY } from '../../support/in-full.ts';
import { type Published, publishedManifest } from '../../support/published.ts';
import { REPO, runProgram, spendwise } from '../../support/run.ts';

/** Published servers, as they come from the registry, behind `spendwise sandbox run`. */
const VERSION = '2026.8.31';
const folder = mkdtempSync(join(tmpdir(), 'spendwise-test-published-'));
// Packages are fetched once for all of these tests.
const env = { SPENDWISE_STATE_DIR: join(folder, 'state'), MEMORY_FILE_PATH: '/memory/memory.jsonl' };
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const manifest = (name: string, more: Partial<Published> = {}, file = name): string =>
  publishedManifest(
    folder,
    { packageName: `@modelcontextprotocol/server-${name}`, packageVersion: VERSION, ...more },
    file,
  );

/** A folder of an owner, with a file in it. Only root can give folders away. */
function folderOf(name: string, uid: number): string {
  const path = join(folder, name);
  mkdirSync(path);
  writeFileSync(join(path, 'note.txt'), 'a note');
  if (seesContainers) for (const owned of [path, join(path, 'note.txt')]) chownSync(owned, uid, uid);
  return path;
}

const args = (path: string) => [`${REPO}agent/spendwise.js`, 'sandbox', 'run', path, '--runtime', 'docker'];
const environment = () => ({ PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...env });

interface Tools {
  names: string[];
  call(name: string, args: Record<string, unknown>): Promise<string>;
  close(): Promise<void>;
}
const textOf = (result: unknown) =>
  (result as { content: { text?: string }[] }).content.map(({ text }) => text ?? '').join('\n');

const clients: Record<string, (path: string) => Promise<Tools>> = {
  'an SDK v1 client': async (path) => {
    const client = new Client({ name: 'v1', version: '1' });
    const server = {
      command: process.execPath,
      args: args(path),
      env: environment(),
      stderr: 'ignore' as const,
    };
    await client.connect(new StdioClientTransport(server));
    return {
      names: (await client.listTools()).tools.map(({ name }) => name),
      call: async (name, given) => textOf(await client.callTool({ name, arguments: given })),
      close: () => client.close(),
    };
  },
  'an SDK v2 client': async (path) => {
    const client = new ClientV2({ name: 'v2', version: '1' });
    const server = {
      command: process.execPath,
      args: args(path),
      env: environment(),
      stderr: 'ignore' as const,
    };
    await client.connect(new StdioV2(server));
    return {
      names: (await client.listTools()).tools.map(({ name }) => name),
      call: async (name, given) => textOf(await client.callTool({ name, arguments: given })),
      close: () => client.close(),
    };
  },
  "the Inspector's command line": async (path) => {
    const inspect = async (...method: string[]) => {
      const passed = Object.entries(env).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
      const inspector = `${REPO}node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js`;
      const ran = await runProgram(
        process.execPath,
        [inspector, '--cli', process.execPath, ...args(path), ...passed, ...method],
        { env: environment(), cwd: folder },
      );
      // 5: the tool reported an error; the result is there all the same.
      expect([0, 5], ran.stderr).toContain(ran.code);
      return JSON.parse(ran.stdout);
    };
    const { tools } = await inspect('--method', 'tools/list');
    return {
      names: tools.map(({ name }: { name: string }) => name),
      call: async (name, given) => {
        const pairs = Object.entries(given).flatMap(([key, value]) => [
          '--tool-arg',
          `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
        ]);
        return textOf(await inspect('--method', 'tools/call', '--tool-name', name, ...pairs));
      },
      close: async () => {},
    };
  },
};

let everything: string;
let files: string;
let memory: string;
let memoryFolder: string;

beforeAll(async () => {
  if (!dockerAvailable) return;
  testImages();
  everything = manifest('everything');
  files = manifest('filesystem', {
    args: ['/data'],
    folder: { path: folderOf('readable', 0), at: '/data', write: false },
  });
  memoryFolder = folderOf('memory', 4321);
  memory = manifest('memory', {
    variables: ['MEMORY_FILE_PATH'],
    folder: { path: memoryFolder, at: '/memory', write: true },
  });
  for (const [server, path] of Object.entries({ everything, filesystem: files, memory })) {
    if (!inFull && server !== ofTheDay) continue;
    const ran = await spendwise(['sandbox', 'grant', path, '--yes', '--runtime', 'docker'], {
      env,
      timeoutMs: 240_000,
    });
    expect(ran.code, ran.stderr).toBe(0);
  }
}, 600_000);

/** `npm test` tries each client with one server a day, `npm run soak` with all. */
const ofTheDay = ['everything', 'filesystem', 'memory'][TODAY % 3];
const testWith = (server: string) => (inFull || server === ofTheDay ? testWithDocker : test.skip);

describe.each(Object.entries(clients))('%s, with the server of the day', (_name, open) => {
  testWith('everything')('lists and calls the tools of server-everything', async () => {
    const tools = await open(everything);
    expect(tools.names).toContain('echo');
    expect(await tools.call('echo', { message: 'hello' })).toMatch(/hello/);
    // It prints its environment: nothing of ours is in it.
    expect(await tools.call('get-env', {})).not.toMatch(/SPENDWISE|MEMORY_FILE_PATH/);
    await tools.close();
  });

  testWith('filesystem')(
    'lists and calls the tools of server-filesystem, on a folder of root for reading',
    async () => {
      const tools = await open(files);
      expect(tools.names).toContain('read_text_file');
      expect(await tools.call('read_text_file', { path: '/data/note.txt' })).toBe('a note');
      expect(await tools.call('write_file', { path: '/data/new.txt', content: 'x' })).toMatch(/EROFS|EACCES/);
      expect(existsSync(join(folder, 'readable', 'new.txt'))).toBe(false);
      await tools.close();
    },
  );

  testWith('memory')('lists and calls the tools of server-memory, which writes', async () => {
    const tools = await open(memory);
    const entities = [{ name: 'Ada', entityType: 'person', observations: ['likes engines'] }];
    await tools.call('create_entities', { entities });
    expect(await tools.call('read_graph', {})).toMatch(/likes engines/);
    expect(readFileSync(join(memoryFolder, 'memory.jsonl'), 'utf8')).toMatch(/Ada/);
    await tools.close();
  });
});

const writable = (name: string, path: string) =>
  manifest('filesystem', { args: ['/data'], folder: { path, at: '/data', write: true } }, name);
const testAsRoot = test.skipIf(!dockerAvailable || !seesContainers);

testAsRoot('writes a folder of another user as that user', async () => {
  const path = folderOf('somebody', 4321);
  const ran = await spendwise(
    ['sandbox', 'grant', writable('somebody', path), '--yes', '--runtime', 'docker'],
    { env },
  );
  expect(ran.code, ran.stderr).toBe(0);
  const tools = await (clients['an SDK v1 client'] as (path: string) => Promise<Tools>)(
    join(folder, 'somebody.json'),
  );
  await tools.call('write_file', { path: '/data/new.txt', content: 'written inside' });
  await tools.close();
  expect(readFileSync(join(path, 'new.txt'), 'utf8')).toBe('written inside');
});

testAsRoot('reports before the start that a folder of root cannot be written by others', async () => {
  const path = writable('roots', folderOf('roots', 0));
  const ran = await spendwise(['sandbox', 'run', path, '--yes', '--runtime', 'docker'], { env });
  expect(ran).toMatchObject({ code: 4, stdout: '' });
  expect(ran.stderr).toMatch(
    /it would run as user 65532, who cannot write .*roots\nhint: make a user other than root the owner/,
  );
});

testAsRoot('a user other than root writes their own folder as themselves', async () => {
  const path = folderOf('own', 4322);
  const home = temporaryFolder();
  chmodSync(home, 0o755);
  chmodSync(folder, 0o755);
  // What was fetched as root, which nobody needs any more: another fetch would show nothing.
  mkdirSync(join(home, 'state'), { mode: 0o700 });
  renameSync(join(folder, 'state/packages'), join(home, 'state/packages'));
  execFileSync('chown', ['-R', '4322:4322', home]);
  const engine = readFileSync('/etc/group', 'utf8').match(/^docker:[^:]*:(\d+):/m)?.[1] ?? '0';
  const ran = await runProgram(
    'setpriv',
    [
      '--reuid=4322',
      '--regid=4322',
      `--groups=${engine}`,
      process.execPath,
      ...args(writable('own', path)),
      '--yes',
    ],
    {
      env: { ...env, HOME: home, SPENDWISE_STATE_DIR: join(home, 'state') },
      input: [
        {
          id: 1,
          method: 'initialize',
          params: {
            protocolVersion: '2025-06-18',
            capabilities: {},
            clientInfo: { name: 't', version: '1' },
          },
        },
        { method: 'notifications/initialized' },
        {
          id: 2,
          method: 'tools/call',
          params: { name: 'write_file', arguments: { path: '/data/new.txt', content: 'mine' } },
        },
      ]
        .map((message) => `${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
        .join(''),
    },
  );
  expect(ran.code, ran.stderr).toBe(0);
  expect(readFileSync(join(path, 'new.txt'), 'utf8')).toBe('mine');
});
