import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import * as fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { type Approve, type DoorOptions, ToolDoor } from '../../../agent/tools/door.ts';
import type { BudgetFigures, PolicyFacts } from '../../../agent/tools/rule.ts';
import { Toolbox, type ToolServer } from '../../../agent/tools/toolbox.ts';

const OWNER = '+12025550143';
const { signal } = new AbortController();
const SHOPPING: BudgetFigures = {
  budgetId: 3,
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
async function serverOf(prefix: string, tools: readonly string[], done: unknown[][]): Promise<ToolServer> {
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
  const { tools: listed } = await client.listTools();
  return { prefix, server: { ended: undefined, stderr: '' }, client, tools: listed };
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
    sendOnce: async (decide, handOver) => {
      const decided = decide();
      if ('declined' in decided) return { kind: 'declined', ...decided };
      const { recipient, ...send } = decided.send;
      done.push(['place taken', recipient, send.kind === 'alert' ? send.budget.category : undefined]);
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

test('records the decision before a call reaches a server, and treats null as absent', async () => {
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

test('does not make a call that cannot be recorded', async () => {
  const full = () => {
    throw new Error('the disk is full');
  };
  const { call, done } = await doorWith({ record: full });
  await expect(call('spending__get_budget_status', {})).rejects.toThrow('the disk is full');
  await expect(call('sms__send_budget_alert', ALERT)).rejects.toThrow('the disk is full');
  expect(done).toEqual([]);
});

test('reserves a ledger row before a text, and overrides arguments that SpendWise sets', async () => {
  const { call, done } = await doorWith();
  await call('sms__send_budget_alert', { ...ALERT, spent: 95 });
  expect(done).toEqual([
    ['policy', 'allowed'],
    ['place taken', OWNER, 'Shopping'],
    ['called', 'send_budget_alert', { ...ALERT, idempotency_key: 'ours' }],
  ]);

  const own = await doorWith({
    sendOnce: async (decide, handOver) => {
      const decided = decide();
      if ('declined' in decided) return { kind: 'declined', ...decided };
      return { kind: 'answered', answer: await handOver({ spent: 96 }) };
    },
  });
  await own.call('sms__send_budget_alert', ALERT);
  expect(own.done.at(-1)).toEqual(['called', 'send_budget_alert', { ...ALERT, spent: 96 }]);
});

test('sends nothing without a ledger row', async () => {
  const { call, done } = await doorWith({
    sendOnce: async (decide) => {
      decide();
      return { kind: 'refused', reason: 'it was sent before' };
    },
  });
  expect(await call('sms__send_budget_alert', ALERT)).toMatchObject({
    kind: 'denied',
    reason: expect.stringMatching(/sent before/),
  });
  expect(done).toEqual([['policy', 'allowed']]);
});

test('sends a text that needs approval only after a yes, exactly as shown', async () => {
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

test('does not send a text whose facts changed during the question', async () => {
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

const HELD = { state: 'held', reason: 'snoozed until tomorrow' } as const;
const heldFacts = (reason: string): PolicyFacts => ({
  ...FACTS,
  budgets: [{ ...SHOPPING, alert: { state: 'held', reason } }],
});

test('asks again for a reason that arose during the question, for that reason only', async () => {
  let facts = FACTS;
  const asked: string[] = [];
  const { call, done } = await doorWith({
    facts: () => facts,
    approve: async ({ because }) => {
      asked.push(because);
      facts = heldFacts(HELD.reason);
      return true;
    },
  });
  const outcome = await call('sms__send_budget_alert', { ...ALERT, custom_message: 'Hi' });
  expect(asked).toEqual([
    'a custom message needs your approval',
    'snoozed until tomorrow, so this alert needs your approval',
  ]);
  expect(outcome).toMatchObject({ kind: 'result', recipient: OWNER });
  expect(done.map(([what, verdict]) => `${what} ${verdict}`)).toEqual([
    'policy asked',
    'approval granted',
    'policy asked',
    'approval granted',
    'policy asked',
    `place taken ${OWNER}`,
    'called send_budget_alert',
  ]);
});

test('a no to the second question is a no, and a cap that was reached meanwhile is not asked about', async () => {
  for (const [change, reason, questions] of [
    [heldFacts(HELD.reason), /said no/, 2],
    [{ ...FACTS, cap: '20 texts went out within an hour' }, /no more for now/, 1],
  ] as const) {
    let facts = FACTS;
    let asked = 0;
    const { call, done } = await doorWith({
      facts: () => facts,
      approve: async () => {
        facts = change;
        asked += 1;
        return asked === 1;
      },
    });
    const outcome = await call('sms__send_budget_alert', { ...ALERT, custom_message: 'Hi' });
    expect(outcome).toMatchObject({ kind: 'denied', reason: expect.stringMatching(reason) });
    expect(asked).toBe(questions);
    expect(done.flat()).not.toContain('called');
  }
});

test('denies a call after three questions', async () => {
  let asked = 0;
  const { call, done } = await doorWith({
    facts: () => heldFacts(`snoozed until day ${asked}`),
    approve: async () => {
      asked += 1;
      return true;
    },
  });
  const outcome = await call('sms__send_budget_alert', ALERT);
  expect(outcome).toMatchObject({
    kind: 'denied',
    reason: expect.stringMatching(/the user was asked 3 times/),
  });
  expect(asked).toBe(3);
  expect(done.flat()).not.toContain('called');
});

const changing = fc.record({
  recipient: fc.constantFrom(undefined, OWNER, '+12025550150'),
  preApproved: fc.boolean(),
  cap: fc.constantFrom(undefined, undefined, 'twenty texts went out'),
  budgets: fc.constantFrom([], [SHOPPING], heldFacts('snoozed').budgets, heldFacts('quiet').budgets),
});

test('never sends a text without the ledger, whatever changes meanwhile', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(changing, { minLength: 1, maxLength: 5 }),
      fc.constantFrom<[string, object]>(
        ['sms__send_sms', { message: 'Hi' }],
        ['sms__send_budget_alert', ALERT],
        ['sms__send_budget_alert', { ...ALERT, custom_message: 'Hi' }],
      ),
      async (moments, [name, args]) => {
        let at = 0;
        const { call, done } = await doorWith({
          facts: () => ({ ...FACTS, ...moments[Math.min(at++, moments.length - 1)] }),
          approve: async () => true,
          sendOnce: async (decide) => {
            const decided = decide();
            return 'declined' in decided
              ? { kind: 'declined', ...decided }
              : { kind: 'refused', reason: 'no place' };
          },
        });
        expect(await call(name, args)).toMatchObject({ kind: 'denied' });
        expect(done.flat()).not.toContain('called');
      },
    ),
    { numRuns: 60 },
  );
});

test('arguments that are nested too deep to be looked at are refused before they are parsed', async () => {
  const { door, done } = await doorWith();
  const deep = `{"a":${'['.repeat(100)}${']'.repeat(100)}}`;
  expect(await door.call('spending__get_budget_status', deep, signal)).toMatchObject({ kind: 'invalid' });
  expect(done).toEqual([]);
});
