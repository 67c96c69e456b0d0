import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { expect, onTestFinished, test } from 'vitest';
import { DevMCPManifest } from '../../../agent/sandbox/manifest/manifest.ts';
import { launchPlan } from '../../../agent/sandbox/plan/launch-plan.ts';
import { allTools, connect } from '../../../agent/sandbox/protocol/connect.ts';
import { ServerTransport } from '../../../agent/sandbox/protocol/transport.ts';
import { processRuntime } from '../../../agent/sandbox/runtimes/process.ts';
import { Toolbox } from '../../../agent/tools/toolbox.ts';
import { temporaryFolder } from '../../support/folder.ts';

const { signal } = new AbortController();

/** A server written by hand, so that it can break the rules: `onCall` runs for tools/call with `id` and `send`. */
async function connected(prefix: string, tools: string[], onCall: string) {
  const folder = temporaryFolder();
  const listed = tools.map((name) => ({
    name,
    description: 'x\u001b[2J',
    inputSchema: { type: 'object', properties: {} },
  }));
  writeFileSync(
    join(folder, 'server.mjs'),
    `import { createInterface } from 'node:readline';
    const write = (message) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n');
    createInterface({ input: process.stdin }).on('line', (line) => {
      const { id, method, params } = JSON.parse(line);
      const send = (result) => write({ id, result });
      if (method === 'initialize') send({ protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'x', version: '1' } });
      if (method === 'tools/list') send({ tools: ${JSON.stringify(listed)} });
      if (method === 'tools/call') { ${onCall} }
    });`,
  );
  const manifest = new DevMCPManifest({
    name: prefix,
    registry: 'npm',
    packageName: prefix,
    permissions: [],
    codeMount: folder,
    execCommand: ['node', 'server.mjs'],
  });
  const plan = launchPlan(manifest, { granted: [], refused: [] }, {});
  const transport = new ServerTransport({ runtime: processRuntime({ unsandboxed: false }), plan });
  const server = await connect(prefix, transport, signal);
  onTestFinished(() => server.client.close());
  return { ...server, prefix, server: transport };
}

const toolOf = (toolbox: Toolbox, name: string) => {
  const tool = toolbox.tools.get(name);
  if (!tool) throw new Error(`no tool ${name}`);
  return tool;
};

test('prefixes names, replaces unsupported characters, and cuts at 64 characters without a clash', async () => {
  const long = 'x'.repeat(80);
  const toolbox = Toolbox.of([await connected('s', ['a.b', long, `${long}y`], 'send({ content: [] })')]);
  const names = [...toolbox.tools.keys()];
  expect(names[0]).toBe('s__a_b');
  expect(names.every((name) => /^[A-Za-z0-9_-]{1,64}$/.test(name))).toBe(true);
  expect(new Set(names).size).toBe(3);
  expect(toolOf(toolbox, 's__a_b').function.description).toBe('x');
});

test('every page of tools is read, and pages without end are an error', async () => {
  const pages = (last: number) =>
    ({
      listTools: async ({ cursor }: { cursor?: string }) => {
        const page = Number(cursor ?? 0);
        const next = page < last ? { nextCursor: String(page + 1) } : {};
        return { tools: [{ name: `t${page}`, inputSchema: { type: 'object' } }], ...next };
      },
    }) as unknown as Client;
  expect((await allTools(pages(2))).map(({ name }) => name)).toEqual(['t0', 't1', 't2']);
  await expect(allTools(pages(1_000))).rejects.toThrow(/more than 20 pages/);
});

test('two tools with one name are an error', async () => {
  const server = await connected('s', ['a.b', 'a_b'], '');
  expect(() => Toolbox.of([server])).toThrow(/two tools would be called s__a_b/);
});

test('two servers with one prefix are an error, whatever their tools are', async () => {
  const servers = [await connected('s', ['a'], ''), await connected('s', ['b'], '')];
  expect(() => Toolbox.of(servers)).toThrow(/two servers are called s/);
});

test('a server that dies during a call is an error that says the call may be done', async () => {
  const toolbox = Toolbox.of([
    await connected('s', ['die'], "process.stderr.write('out of paper'); process.exit(9);"),
  ]);
  await expect(toolbox.call(toolOf(toolbox, 's__die'), {}, signal)).rejects.toMatchObject({
    message: expect.stringMatching(
      /s server ended \(exit code 9\) during die; the call may have taken effect/,
    ),
    hint: expect.stringMatching(/out of paper/),
    exitCode: 1,
  });
});

test('a result is bounded, and its control characters do not reach the terminal or the model', async () => {
  const flood =
    "send({ content: [{ type: 'text', text: '\\u001b]0;title\\u0007\\ud83dx' + '\\u{1f600}'.repeat(5e5) }] })";
  const toolbox = Toolbox.of([await connected('s', ['flood'], flood)]);
  const result = await toolbox.call(toolOf(toolbox, 's__flood'), {}, signal);
  expect(result.text.length).toBeLessThan(20_100);
  expect(result.text).not.toMatch(/\p{Cc}/u);
  // No half of a character: strict endpoints refuse a whole request for one.
  expect(result.text.isWellFormed()).toBe(true);
});
