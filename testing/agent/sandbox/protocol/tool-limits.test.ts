import type { PassThrough } from 'node:stream';
import { Client as ClientV2 } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { McpServer } from '@modelcontextprotocol/server';
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { ToolBounds, ToolLimits } from '../../../../agent/sandbox/manifest/tool-limits.ts';
import { ToolGate } from '../../../../agent/sandbox/protocol/tool-gate.ts';
import { fakeServer } from '../../../support/fake-server.ts';

const clients = {
  v1: () => new ClientV1({ name: 'c', version: '1' }),
  v2: () =>
    new ClientV2({ name: 'c', version: '1' }, { versionNegotiation: { mode: { pin: '2026-07-28' } } }),
};
const versions = Object.keys(clients) as (keyof typeof clients)[];
const env = { OWNER: '+1' };

/** A server with three tools behind a gate with limits; `accepts` false: as with --yes, nobody looks at the tools. */
async function scene(limits: unknown[], version: keyof typeof clients = 'v1', accepts = true) {
  const fake = await fakeServer();
  onTestFinished(() => fake.transport.close());
  const called: string[] = [];
  const make = () => {
    const server = new McpServer({ name: 'x', version: '1' });
    for (const name of ['read', 'send', 'delete'])
      server.registerTool(name, { inputSchema: z.looseObject({}) }, async () => {
        called.push(name);
        return { content: [] };
      });
    return server;
  };
  serveStdio(make, { transport: new StdioServerTransport(fake.stdin as PassThrough, fake.stdout) });
  const records: unknown[] = [];
  const seen: string[][] = [];
  const gate = new ToolGate(
    fake.transport,
    accepts ? async ({ tools }) => void seen.push(Object.keys(tools)) : undefined,
    {
      bounds: new ToolBounds(
        limits.map((one) => ToolLimits.parse(one)),
        env,
      ),
      record: (what) => void records.push(what),
    },
  );
  const client = clients[version]() as unknown as ClientV1;
  await client.connect(gate as unknown as Parameters<ClientV1['connect']>[0]);
  const call = (name: string, args: Record<string, unknown> = {}) =>
    client.callTool({ name, arguments: args }).then(
      () => 'called',
      (error: Error) => error.message,
    );
  return { client, call, called, records, seen };
}

test.each(versions.flatMap((version) => [true, false].map((accepts) => [version, accepts] as const)))(
  'client %s, tools accepted first: %s. A tool left out is not listed, asked about or callable, which is recorded',
  async (version, accepts) => {
    const { client, call, called, records, seen } = await scene([{ delete: false }], version, accepts);
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['read', 'send']);
    expect(await call('delete')).toMatch(/the call of delete is not allowed: this tool was left out/);
    expect(await call('read')).toBe('called');
    expect(called).toEqual(['read']);
    expect(records).toEqual([{ leftOut: ['delete'] }, { tool: 'delete', denied: 'this tool was left out' }]);
    expect(seen.flat()).not.toContain('delete');
  },
);

test('refuses what any one of several limits refuses', async () => {
  const only = { read: true, delete: true, '*': false };
  const { client, call } = await scene([only, { delete: false }]);
  expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['read']);
  expect(await call('send')).toMatch(/left out/);
  expect(await call('delete')).toMatch(/left out/);
});

const bounded = {
  send: {
    arguments: {
      to: { equalsEnv: 'OWNER' },
      text: { type: 'string', maxLength: 5, pattern: '[a-z]*' },
      kind: { enum: ['a', 'b'] },
      n: { type: 'integer', minimum: 1, maximum: 9 },
    },
  },
};

test.each([
  [{ to: '+1', text: 'abc', kind: 'a', n: 9 }, 'called'],
  [{}, 'called'],
  [{ to: '+2' }, 'arguments.to has a value that is not allowed'],
  [{ text: 'abcdef' }, 'arguments.text has a value that is not allowed'],
  [{ text: 'ABC' }, 'arguments.text has a value that is not allowed'],
  [{ kind: 'c' }, 'arguments.kind has a value that is not allowed'],
  [{ n: 10 }, 'arguments.n has a value that is not allowed'],
  [{ n: '5' }, 'arguments.n has a value that is not allowed'],
  [{ to: '+1', cc: '+2' }, 'arguments.cc is not allowed'],
  [JSON.parse('{"__proto__": {"to": "+2"}}'), 'arguments.__proto__ is not allowed'],
])('a call with %j: %s', async (args, expected) => {
  const { call, called, records } = await scene([bounded]);
  const told = await call('send', args);
  expect(told).toContain(expected);
  expect(called).toEqual(expected === 'called' ? ['send'] : []);
  expect(records).toEqual(expected === 'called' ? [] : [{ tool: 'send', denied: expected }]);
});

test("treats an inherited property's name like any other tool", () => {
  const bounds = new ToolBounds([ToolLimits.parse({ '*': false })], {});
  for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty'])
    expect(bounds.isLeftOut(name)).toBe(true);
});
