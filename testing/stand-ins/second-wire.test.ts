import { LLMock } from '@copilotkit/aimock';
import { expect, onTestFinished, test } from 'vitest';
import { household } from '../support/household.ts';
import { spendwise } from '../support/run.ts';
import { startModelStandIn } from './model.ts';
import { nextStep, type Turn } from './model-rules.ts';

/**
 * What we know of OpenAI's APIs went into our adapters and into our stand-in alike: a mistake in it would not show.
 * aimock is somebody else's reading of the same APIs.
 */
const APIS = ['responses', 'chat'] as const;
type Api = (typeof APIS)[number];
type Calls = [tool: string, args: Record<string, unknown>][];
const withoutNulls = (args: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(args).filter(([, value]) => value !== null));

const ORDER = 'Check my budgets and alert me';
const alert = (category: string, spent: number, budget: number) => ({
  category,
  spent,
  budget,
  currency: 'CHF',
});
/** The decisions of our rules over the original scenario. */
const DECISIONS: Calls = [
  ['spending__get_budget_status', {}],
  ['sms__send_budget_alert', alert('Shopping', 95, 80)],
  ['sms__send_budget_alert', alert('Food & Dining', 135, 150)],
];
const ANSWER =
  '2 of 4 budgets run hot. Shopping: CHF 95 of 80 (119%). Food & Dining: CHF 135 of 150 (90%). ' +
  'Alerts: Shopping queued, Food & Dining queued.';

/** aimock with the same decisions. Each but the first is only made when the result before it has arrived. */
async function aimock() {
  const mock = new LLMock({ port: 0, strict: true });
  const results = [undefined, 'Food & Dining', 'queued', 'queued'];
  for (const [turnIndex, result] of results.entries()) {
    const [name, args] = DECISIONS[turnIndex] ?? [];
    mock.on(
      { userMessage: ORDER, turnIndex, ...(result ? { toolResultContains: result } : {}) },
      name ? { toolCalls: [{ name, arguments: JSON.stringify(args) }] } : { content: ANSWER },
    );
  }
  await mock.start();
  onTestFinished(() => mock.stop());
  return {
    url: `${mock.url}/v1`,
    /** As the last request tells them. */
    calls: (): Calls => {
      const body = mock.getLastRequest()?.body as Conversation | undefined;
      return (body?.messages ?? []).flatMap(({ tool_calls: calls }) =>
        (calls ?? []).map((call): Calls[number] => [call.function.name, JSON.parse(call.function.arguments)]),
      );
    },
  };
}
type Conversation = { messages: { tool_calls?: { function: { name: string; arguments: string } }[] }[] };

async function ours() {
  let last: Turn | undefined;
  const standIn = await startModelStandIn({
    decide: (turn) => {
      last = turn;
      return nextStep(turn);
    },
  });
  onTestFinished(() => standIn.close());
  const prefixed = (tool: string) => DECISIONS.find(([name]) => name.endsWith(`__${tool}`))?.[0] ?? tool;
  return {
    url: standIn.url.href,
    calls: (): Calls => (last?.done ?? []).map(({ tool, args }) => [prefixed(tool), args]),
  };
}

/** The whole app against a model, and what came of it; without what no two runs have in common. */
async function runAgainst(model: { url: string; calls: () => Calls }, api: Api) {
  const { env, twilio } = await household();
  const ran = await spendwise(['agent', 'ask', ORDER, '--yes', '--json', '--runtime', 'process'], {
    env: { ...env, OPENAI_BASE_URL: model.url, OPENAI_API: api },
  });
  expect(ran.code, ran.stderr).toBe(0);
  const { answer, budgets, messages, model: used } = JSON.parse(ran.stdout);
  for (const message of messages) expect(message.sid).toMatch(/^SM[0-9a-f]{32}$/);
  return {
    answer,
    budgets,
    messages: messages.map(({ sid: _, ...message }: { sid: string }) => message),
    requests: used.calls,
    // A null is an argument that is left out.
    calls: model.calls().map(([tool, args]): Calls[number] => [tool, withoutNulls(args)]),
    inbox: twilio.inbox.map(({ to, from, body }) => ({ to, from, body })),
  };
}

test.each(APIS)('over %s the same run passes against both implementations', async (api) => {
  const [here, there] = await Promise.all([
    ours().then((model) => runAgainst(model, api)),
    aimock().then((model) => runAgainst(model, api)),
  ]);
  expect(there).toEqual(here);
  expect(here.inbox.map(({ body }) => body)).toEqual([
    '[!!] SpendWise: Shopping\nCHF 95/80 (119%)',
    '[!] SpendWise: Food & Dining\nCHF 135/150 (90%)',
  ]);
  expect(here).toMatchObject({ answer: ANSWER, requests: 4, calls: DECISIONS });
});

const NAME = 'spending__get_budget_status';
const PARAMETERS = {
  type: 'object',
  properties: { as_of: { type: ['string', 'null'] } },
  required: ['as_of'],
};

const bodyFor = (api: Api, content: string, stream: boolean) =>
  api === 'responses'
    ? {
        input: [{ role: 'user', content }],
        tools: [{ type: 'function', name: NAME, parameters: PARAMETERS }],
        store: false,
        stream,
      }
    : {
        messages: [{ role: 'user', content }],
        tools: [{ type: 'function', function: { name: NAME, parameters: PARAMETERS } }],
        ...(stream ? { stream: true, stream_options: { include_usage: true } } : {}),
      };

/** The kinds of event that an answer consists of, each with the names of its fields; repetitions once. */
function shapeOf(text: string): string[] {
  const payloads = text.includes('data: ')
    ? [...text.matchAll(/^data: (.*)$/gm)].map(([, data = '']) => data)
    : [text];
  const shapes = payloads.map((data) => (data === '[DONE]' ? data : fieldsOf(JSON.parse(data)).join(' ')));
  return shapes.filter((shape, at) => shape !== shapes[at - 1]);
}

/** `type` and `finish_reason` with their values: they say what an event is. */
function fieldsOf(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null) {
    const says = /(^|\.)(type|object|status|role|finish_reason)$/.test(path) ? `=${value}` : '';
    return [path + says];
  }
  return Object.entries(value).flatMap(([name, inner]) => fieldsOf(inner, path ? `${path}.${name}` : name));
}

test.each(APIS)('over %s our stand-in says all that aimock says, in the same order', async (api) => {
  const mock = new LLMock({ port: 0 });
  mock.on({ userMessage: 'say' }, { content: 'Hello there' });
  mock.on({ userMessage: 'call' }, { toolCalls: [{ name: NAME, arguments: '{"as_of":null}' }] });
  await mock.start();
  onTestFinished(() => mock.stop());
  const standIn = await startModelStandIn({
    decide: ({ order }) =>
      order === 'say' ? { say: 'Hello there' } : { call: 'get_budget_status', args: {} },
  });
  onTestFinished(() => standIn.close());
  for (const what of ['say', 'call']) {
    for (const stream of [true, false]) {
      const ask = async (base: string) => {
        const response = await fetch(`${base}/${api === 'chat' ? 'chat/completions' : api}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ model: 'm', ...bodyFor(api, what, stream) }),
        });
        return { type: response.headers.get('content-type'), shape: shapeOf(await response.text()) };
      };
      const [here, there] = [await ask(standIn.url.href), await ask(`${mock.url}/v1`)];
      expect(here.type).toBe(there.type);
      expect(here.shape).toHaveLength(there.shape.length);
      for (const [at, event] of there.shape.entries())
        expect((here.shape[at] ?? '').split(' ')).toEqual(expect.arrayContaining(event.split(' ')));
    }
  }
});
