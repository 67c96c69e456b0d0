import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nodeFolder } from '../support/nodes.ts';
import { installInto, pack, publishWarnings, typeErrors } from '../support/packed.ts';
import { REPO, runProgram } from '../support/run.ts';
import { INITIALIZE, smsVariables } from '../support/sms-http.ts';

/** The package as somebody installs it who has never seen this clone. */
const folder = mkdtempSync(join(tmpdir(), 'spendwise-test-package-'));
const home = join(folder, 'empty');
const HOME = join(REPO, 'mcp-server-sms');
const input = `${JSON.stringify(INITIALIZE)}\n`;
const variables = smsVariables(new URL('http://127.0.0.1:1'));
let files: readonly string[] = [];
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(async () => {
  const packed = await pack(folder, 'mcp-server-sms');
  files = packed.files;
  await installInto(home, packed.tarball, '--ignore-scripts');
}, 600_000);

test('the tarball holds what is run and read, no sources and no tests', () => {
  expect(files).toEqual(
    expect.arrayContaining(['LICENSE', 'README.md', 'package.json', 'server.json', 'bin/mcp-server-sms.js']),
  );
  expect(files.filter((file) => !/^(bin|dist)\//.test(file))).toHaveLength(4);
  expect(files.filter((file) => /(?<!\.d)\.ts$|\.map$|test/.test(file))).toEqual([]);
});

test.each([22, 24, 26])(
  'npx starts it under Node %i, and it answers',
  async (major) => {
    const path = [await nodeFolder(major), process.env.PATH].join(delimiter);
    const version = await runProgram('node', ['-p', 'process.versions.node'], { env: { PATH: path } });
    expect(version.stdout).toMatch(new RegExp(`^${major}\\.`));
    const ran = await runProgram('npx', ['--no', '--', 'mcp-server-sms'], {
      cwd: home,
      env: { ...variables, PATH: path },
      input,
    });
    expect(ran.code, ran.stderr).toBe(0);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      id: 1,
      result: { serverInfo: { name: 'mcp-server-sms' } },
    });
    expect(ran.stderr).not.toMatch(/Experimental|Deprecat/);
  },
  600_000,
);

test('what it exports has types, which a strict compiler accepts', async () => {
  const source = `
    import { createServer, createService, readConfig, type SendRequest } from 'mcp-server-sms';
    import { readConfig as same, type Config } from 'mcp-server-sms/config';
    import { alertText, readConfig as agreed } from 'mcp-server-sms/agreement';
    const read = same(process.env);
    if (read.ok) {
      const config: Config = read.config;
      void createServer(createService(config, { warn: (line) => console.error(line) }));
      const recipients: ReadonlySet<string> = config.allowedRecipients;
      // @ts-expect-error: it is a set
      const wrong: string = recipients;
      const request: SendRequest = { body: 'x', signal: new AbortController().signal };
      console.log(readConfig, agreed, alertText, wrong, request);
    }`;
  expect(await typeErrors(home, source)).toBe('');
});

test('passes the checks of npm publish', async () => {
  expect(await publishWarnings('mcp-server-sms')).toEqual([]);
});

test('npm run mcpb makes a bundle that runs by itself, with the licences of what is in it', async () => {
  const out = join(folder, 'bundle');
  const made = await runProgram(process.execPath, [join(HOME, 'scripts/mcpb.ts'), out]);
  expect(made.code, made.stderr).toBe(0);
  const bundle = made.stdout.trim().split('\n').at(-1) ?? '';
  expect(bundle).toMatch(/mcp-server-sms-\d+\.\d+\.\d+\.mcpb$/);
  const unpacked = join(folder, 'unpacked');
  const mcpb = join(REPO, 'node_modules/@anthropic-ai/mcpb/dist/cli/cli.js');
  const tool = (...args: string[]) => runProgram(process.execPath, [mcpb, ...args]);
  expect(await tool('unpack', bundle, unpacked)).toMatchObject({ code: 0 });
  expect(await tool('validate', join(unpacked, 'manifest.json'))).toMatchObject({ code: 0 });
  const { server, tools } = JSON.parse(readFileSync(join(unpacked, 'manifest.json'), 'utf8'));
  expect(existsSync(join(unpacked, 'node_modules'))).toBe(false);
  const licences = readFileSync(join(unpacked, 'THIRD-PARTY-LICENSES'), 'utf8');
  for (const name of ['twilio', 'zod', '@modelcontextprotocol/sdk'])
    expect(licences).toContain(`== ${name} (`);
  const entry = server.mcp_config.args[0].replace(/^\$\{__dirname\}/, unpacked);
  const list = `${JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'tools/list' })}\n`;
  const ran = await runProgram(process.execPath, [entry], { env: variables, input: input + list });
  expect(ran.code, ran.stderr).toBe(0);
  const listed = JSON.parse(ran.stdout.trim().split('\n')[1] ?? '').result.tools as { name: string }[];
  const names = (all: { name: string }[]) => all.map(({ name }) => name);
  expect(names(listed)).toEqual(expect.arrayContaining(names(tools)));
}, 300_000);
