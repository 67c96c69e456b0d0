import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { getDefaultEnvironment, StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { MCPManifest } from '../../agent/sandbox/manifest/manifest.ts';
import { RuntimePermission } from '../../agent/sandbox/manifest/permissions.ts';
import { testWithDocker } from '../support/docker.ts';
import { blocksOf } from '../support/document.ts';
import { temporaryFolder } from '../support/folder.ts';
import { REPO, spendwise } from '../support/run.ts';

/** The configurations of CLIENTS.md, started as the clients they are for would start them. */
const Server = z.strictObject({
  type: z.literal('stdio').optional(),
  command: z.string(),
  args: z.array(z.string()),
  env: z.record(z.string(), z.string()),
});
type Server = z.infer<typeof Server>;

const block = (name: string, page = 'agent/sandbox/CLIENTS.md'): string => {
  const found = blocksOf(page).filter(({ words }) => words[0] === name);
  expect(found, name).toHaveLength(1);
  return found[0]?.text ?? '';
};

const configured: Record<string, () => Server> = {
  'claude_desktop_config.json': () => only('claude_desktop_config.json', 'mcpServers'),
  '.vscode/mcp.json': () => only('.vscode/mcp.json', 'servers'),
  '.cursor/mcp.json': () => only('.cursor/mcp.json', 'mcpServers'),
  '.mcp.json': () => only('.mcp.json', 'mcpServers'),
  'claude mcp add': () => {
    const words = block('claude').replaceAll('\\\n', ' ').trim().split(/\s+/);
    const end = words.indexOf('--');
    expect(words.slice(0, 3)).toEqual(['claude', 'mcp', 'add']);
    const [command = '', ...args] = words.slice(end + 1);
    const pairs = words.slice(3, end).flatMap((word, at, own) => (own[at - 1] === '--env' ? [word] : []));
    return { command, args, env: Object.fromEntries(pairs.map((pair) => pair.split('='))) };
  },
};

function only(file: string, key: string): Server {
  const servers = z.strictObject({ [key]: z.record(z.string(), Server) }).parse(JSON.parse(block(file)))[key];
  expect(Object.keys(servers ?? {})).toEqual(['morning']);
  return Server.parse(servers?.morning);
}

/** The server of OWN-SERVER.md in a folder of its own, and a home folder in which nothing was granted yet. */
function reader() {
  const home = temporaryFolder();
  const folder = join(home, 'my-server');
  const stands = { '/path/to/spendwise': REPO.replace(/\/$/, ''), '/path/to/my-server': folder };
  const files = ['code/server.mjs', 'manifest.json', 'notes/today.txt'];
  const blocks = blocksOf('agent/sandbox/OWN-SERVER.md', stands);
  for (const file of files) {
    const text = blocks.find(({ words }) => words[0] === file)?.text ?? '';
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  const put = (text: string) =>
    Object.entries(stands).reduce((now, [from, to]) => now.replaceAll(from, to), text);
  const start = ({ command, args, env }: Server, replaced: readonly string[] = []) => {
    const at = args.indexOf('--runtime');
    const own = replaced.length > 0 ? [...args.slice(0, at), ...replaced] : args;
    return new StdioClientTransport({
      command: put(command),
      args: own.map(put),
      // What such a client passes on, and what the configuration adds. Nothing else.
      env: { ...getDefaultEnvironment(), HOME: home, ...env },
      cwd: '/',
      stderr: 'pipe',
    });
  };
  const grant = async (...runtime: string[]) => {
    const args = ['sandbox', 'grant', join(folder, 'manifest.json'), '--yes', '--runtime', ...runtime];
    const ran = await spendwise(args, { env: { HOME: home, READER: 'Ada' }, cwd: home });
    expect(ran.code, ran.stderr).toBe(0);
  };
  return { start, grant };
}

async function morning(transport: StdioClientTransport) {
  const client = new Client({ name: 'a client', version: '1' });
  await client.connect(transport);
  try {
    const { tools } = await client.listTools();
    const site = 'http://127.0.0.1:1/';
    const { content } = await client.callTool({ name: 'morning', arguments: { site } });
    return { tools: tools.map(({ name }) => name), text: JSON.stringify(content) };
  } finally {
    await client.close();
  }
}

/** Of all clients the same, so that one of them stands for all. */
const server = (): Server => configured['.mcp.json']?.() as Server;

test.each(Object.entries(configured))('%s starts the same command with the same variables', (_name, read) => {
  const { command, args, env } = read();
  expect(server()).toMatchObject({ command, args, env });
});

testWithDocker('it puts a server behind the sandbox, as it stands on the page', async () => {
  const { start, grant } = reader();
  await grant('docker');
  const { tools, text } = await morning(start(server()));
  expect(tools).toEqual(['morning']);
  expect(text).toContain('Good morning, Ada! Water the plants.');
});

test('it is right but for the runtime, where there is no Docker', async () => {
  const { start, grant } = reader();
  const runtime = ['process', '--unsandboxed'];
  await grant(...runtime);
  const { text } = await morning(start(server(), ['--runtime', ...runtime]));
  expect(text).toContain('Good morning, Ada! Water the plants.');
});

test('without a grant the client gets nothing, and its log the reason and the remedy', async () => {
  const { start } = reader();
  const transport = start(server(), ['--runtime', 'process']);
  let said = '';
  transport.stderr?.on('data', (chunk) => {
    said += chunk;
  });
  const client = new Client({ name: 'a client', version: '1' });
  await expect(client.connect(transport)).rejects.toThrow('Connection closed');
  expect(said).toMatch(
    /error: morning asks for permissions that were not granted:\n {2}Allow access to file/,
  );
  expect(said).toMatch(/hint: grant it with: spendwise sandbox grant .*manifest\.json/);
});

const PAGE = 'agent/sandbox/MANIFEST.md';

test('the manifest, the permission and the tools that MANIFEST.md shows are accepted', () => {
  const example = new MCPManifest(JSON.parse(block('manifest', PAGE)), temporaryFolder());
  expect(example.runtimePermissions).toHaveLength(2);
  const permission = RuntimePermission.parse(JSON.parse(block('permission', PAGE)));
  const tools = JSON.parse(block('tools', PAGE));
  const asked = ['API_USER', 'API_PASSWORD'].map((name) => ({ type: 'env' as const, name }));
  const fields = { name: 'api', registry: 'npm' as const, packageName: 'api', packageVersion: '1.0.0' };
  const permissions = ['mcp.ac.network.client' as const, 'mcp.ac.system.env.read' as const];
  new MCPManifest({ ...fields, permissions, tools, runtimePermissions: [permission, ...asked] });
});

test('MANIFEST.md names every field of a manifest', () => {
  const schema = JSON.parse(readFileSync(join(REPO, 'agent/sandbox/manifest.schema.json'), 'utf8'));
  const text = readFileSync(join(REPO, PAGE), 'utf8');
  for (const field of Object.keys(schema.properties))
    expect(text).toContain(field === '$schema' ? field : `\`${field}\``);
});
