import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { type Approve, type DoorOptions, ToolDoor } from '../../../agent/tools/door.ts';
import type { BudgetFigures, PolicyFacts } from '../../../agent/tools/policy.ts';
import { type Connected, Toolbox } from '../../../agent/tools/toolbox.ts';

const OWNER = '+12025550143';
const { signal } = new AbortController();
const SHOPPING: BudgetFigures = {
  category: 'Shopping',
  period: 'week',
  currency: 'CHF',
  spent: 95,
  limit: 80,
  alert: { state: 'due' },
};
const FACTS: PolicyFacts = {
  recipient: OWNER,
  allowedRecipients: new Set([OWNER]),
  owner: OWNER,
  preApproved: false,
  budgets: [SHOPPING],
  cap: undefined,
};
const ALERT = { category: 'Shopping', spent: 95, budget: 80, currency: 'CHF' };

/** A server that takes anything, and notes it in `done`. */
async function serverOf(prefix: string, tools: readonly string[], done: unknown[][]): Promise<Connected> {
  const server = new McpServer({ name: prefix, version: '1' });
  for (const tool of tools)
    server.registerTool(tool, { inputSchema: z.looseObject({}) }, (args) => {
      done.push(['called', tool, args]);
      return { content: [{ type: 'text', text: 'done' }] };
    });
  const [here, there] = InMemoryTransport.createLinkedPair();
  const client = new Client({ name: 'test', version: '1' });
  await Promise.all([server.connect(there), client.connect(here)]);
  onTestFinished(() => client.close());
  const transport = { ended: undefined, stderr: '' } as Connected['transport'];
  return { prefix, transport, client, tools: (await client.listTools()).tools };
}

/** A door to servers that take anything; `done` has all that happened, in order. */
async function doorWith(change: Partial<DoorOptions> = {}) {
  const done: unknown[][] = [];
  const servers = [
    await serverOf('spending', ['get_budget_status', 'drop_tables'], done),
    await serverOf('sms', ['send_sms', 'send_budget_alert'], done),
  ];
  const door = new ToolDoor({
    toolbox: Toolbox.of(servers),
    approve: undefined,
    facts: () => FACTS,
    sendOnce: async ({ recipient, budget }, handOver) => {
      done.push(['place taken', recipient, budget?.category]);
      return { kind: 'answered', answer: await handOver({ spent: 95, idempotency_key: 'ours' }) };
    },
    record: (event) => void done.push([event.event, Reflect.get(event, 'verdict')]),
    ...change,
  });
  const call = (name: string, args: unknown) => door.call(name, JSON.stringify(args), signal);
  return { door, call, done };
}

const person =
  (done: unknown[], yes: boolean): Approve =>
  async ({ because, recipient, args }) => {
    done.push([because, recipient, args]);
    return yes;
  };

test('a call is judged and that is written down before it reaches a server, and null is absent', async () => {
  const { call, done } = await doorWith();
  const outcome = await call('spending__get_budget_status', { category: null });
  expect(outcome).toMatchObject({ kind: 'result', result: { text: 'done' } });
  expect(done).toEqual([
    ['policy', 'allowed'],
    ['called', 'get_budget_status', {}],
  ]);
});

test.each([
  ['spending__drop_tables', {}],
  ['sms__send_budget_alert', { ...ALERT, spent: 1 }],
])('what is denied reaches no server: %s', async (name, args) => {
  const { call, done } = await doorWith();
  expect(await call(name, args)).toMatchObject({ kind: 'denied', reason: expect.any(String) });
  expect(done).toEqual([['policy', 'denied']]);
});

test('what cannot be written down does not happen', async () => {
  const full = () => {
    throw new Error('the disk is full');
  };
  const { call, done } = await doorWith({ record: full });
  await expect(call('spending__get_budget_status', {})).rejects.toThrow('the disk is full');
  await expect(call('sms__send_budget_alert', ALERT)).rejects.toThrow('the disk is full');
  expect(done).toEqual([]);
});

test('a text takes its place in the ledger first, and what is ours to say stands over what the model said', async () => {
  const { call, done } = await doorWith();
  await call('sms__send_budget_alert', { ...ALERT, spent: 95 });
  expect(done).toEqual([
    ['policy', 'allowed'],
    ['place taken', OWNER, 'Shopping'],
    ['called', 'send_budget_alert', { ...ALERT, idempotency_key: 'ours' }],
  ]);

  const own = await doorWith({
    sendOnce: async (_text, handOver) => ({ kind: 'answered', answer: await handOver({ spent: 96 }) }),
  });
  await own.call('sms__send_budget_alert', ALERT);
  expect(own.done.at(-1)).toEqual(['called', 'send_budget_alert', { ...ALERT, spent: 96 }]);
});

test('without a place in the ledger nothing is sent', async () => {
  const { call, done } = await doorWith({
    sendOnce: async () => ({ kind: 'refused', reason: 'it was sent before' }),
  });
  expect(await call('sms__send_budget_alert', ALERT)).toMatchObject({
    kind: 'denied',
    reason: expect.stringMatching(/sent before/),
  });
  expect(done).toEqual([['policy', 'allowed']]);
});

test('what needs a person goes nowhere without their yes, and is what they were shown', async () => {
  const text = { message: 'Hi' };
  const nobody = await doorWith();
  expect(await nobody.call('sms__send_sms', text)).toMatchObject({
    kind: 'denied',
    reason: expect.stringMatching(/no terminal/),
  });
  expect(nobody.done).toEqual([['policy', 'asked']]);

  const asked: unknown[] = [];
  const refusing = await doorWith({ approve: person(asked, false) });
  expect(await refusing.call('sms__send_sms', text)).toMatchObject({
    kind: 'denied',
    reason: expect.stringMatching(/said no/),
  });
  expect(asked).toEqual([['a free text needs your approval', OWNER, text]]);
  expect(refusing.done).toEqual([
    ['policy', 'asked'],
    ['approval', 'refused'],
  ]);

  const agreeing = await doorWith({ approve: person([], true) });
  expect(await agreeing.call('sms__send_sms', text)).toMatchObject({ kind: 'result', recipient: OWNER });
  expect(agreeing.done.slice(0, 2)).toEqual([
    ['policy', 'asked'],
    ['approval', 'granted'],
  ]);
  expect(agreeing.done.at(-1)?.slice(0, 2)).toEqual(['called', 'send_sms']);
});

test('what is no longer true when the person has said yes is not sent', async () => {
  let facts = FACTS;
  const { call, done } = await doorWith({
    facts: () => facts,
    approve: async () => {
      facts = { ...FACTS, budgets: [{ ...SHOPPING, spent: 96 }] };
      return true;
    },
  });
  const outcome = await call('sms__send_budget_alert', { ...ALERT, custom_message: 'Hi' });
  expect(outcome).toMatchObject({ kind: 'denied', reason: expect.stringContaining('spent 96') });
  expect(done).toEqual([
    ['policy', 'asked'],
    ['approval', 'granted'],
    ['policy', 'denied'],
  ]);
});

test('the time that a person takes is told apart from the rest of a call', async () => {
  const done: unknown[] = [];
  const { door } = await doorWith({ approve: person(done, true) });
  await door.call('sms__send_sms', JSON.stringify({ message: 'Hi' }), signal, async (question) => {
    done.push('asking');
    const answer = await question();
    done.push('answered');
    return answer;
  });
  expect(done).toEqual(['asking', [expect.any(String), OWNER, { message: 'Hi' }], 'answered']);
});
