import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { SpendwiseError } from '../../../agent/sandbox/foundation/errors.ts';
import { startModelStandIn } from '../../stand-ins/model.ts';
import { household } from '../../support/household.ts';
import { spendwiseHere } from '../../support/in-process.ts';
import { completed, functionCall, modelServer, says, stream } from '../../support/model-server.ts';
import { modelAt, oneAnswer } from '../../support/one-answer.ts';
import { spendwise } from '../../support/run.ts';

interface Options {
  readonly json?: boolean;
  readonly env?: Record<string, string>;
  /** `spendwise`: as a program of its own. */
  readonly command?: typeof spendwiseHere;
}

type Answer = (response: ServerResponse, request: number) => void;

/** Runs `agent ask` against an endpoint that answers like this. */
async function ask(answer: Answer, { json = true, env: extra = {}, command = spendwiseHere }: Options = {}) {
  const { env, twilio } = await household();
  const server = await modelServer(answer);
  const ran = await command(
    [
      'agent',
      'ask',
      'Check my budgets and alert me',
      '--yes',
      ...(json ? ['--json'] : []),
      '--runtime',
      'process',
    ],
    {
      env: { ...env, OPENAI_BASE_URL: server.url, ...extra },
    },
  );
  return { ...ran, inbox: twilio.inbox, bodies: server.bodies };
}

const twoLines = /^error: .+\nhint: .+\n$/m;
const lastLines = (text: string) => text.split('\n').slice(-3).join('\n');

const callsFor =
  (tool: string, args: string): Answer =>
  (response, request) =>
    stream(response, [completed([functionCall(tool, args, `call_${request}`)])]);

/** What an endpoint answers, and what the model's client says of it. */
test.each<[string, RegExp, Answer]>([
  [
    'a 500 to every try',
    /failed \(500\)/,
    (r) => void r.writeHead(500, { 'retry-after-ms': '1' }).end('{"error":{"message":"boom"}}'),
  ],
  ['429 to every try', /\(429\)/, (r) => void r.writeHead(429, { 'retry-after-ms': '1' }).end()],
  ['a page of HTML', /broke off|no usable answer/, (r) => void r.writeHead(200).end('<html>hello</html>')],
  [
    'a stream that is cut before it is complete',
    /broke off/,
    (r) => stream(r, [{ type: 'response.created' }]),
  ],
  [
    'events that are not JSON',
    /no usable answer/,
    (r) => void r.writeHead(200, SSE).end('event: x\ndata: {"type": nope\n\n'),
  ],
  [
    'an answer of another API',
    /does not answer as the Responses API/,
    (r) => stream(r, [{ type: 'response.completed', response: { choices: [] } }]),
  ],
  [
    'a function call without an id',
    /does not answer as the Responses API/,
    (r) => stream(r, [completed([{ type: 'function_call', name: 'x', arguments: '{}' }])]),
  ],
  [
    'a truncated answer',
    /cut short \(max_output_tokens\)/,
    (r) =>
      stream(r, [
        { type: 'response.incomplete', response: { incomplete_details: { reason: 'max_output_tokens' } } },
      ]),
  ],
  ['a line without an end', /would not stop|no usable answer/, endlessLine],
])('%s is an error with a clear message, a hint and exit code 1', async (_what, message, answer) => {
  const { url } = await modelServer(answer);
  const error = await oneAnswer(modelAt(url)).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(SpendwiseError);
  expect(error).toMatchObject({ exitCode: 1, hint: expect.stringMatching(/./) });
  expect(error.message).toMatch(message);
  expect(`${error.message}${error.hint}`).not.toContain('\n');
});

/** These end the whole program: one that answers, one that breaks off, and one after many calls of tools. */
const AS_PROGRAM = ['a 400', 'a connection that is cut in mid-stream', 'endless tool calls'];

test.each<[string, RegExp, Answer]>([
  ['a 400', /refused the request/, (r) => void r.writeHead(400).end('{"error":{"message":"no such field"}}')],
  ['a connection that is cut in mid-stream', /no usable answer|broke off|reached/, cutInMidStream],
  ['an empty answer', /empty answer/, (r) => stream(r, [completed([])])],
  [
    'a failed response',
    /the model failed: out of luck/,
    (r) =>
      stream(r, [{ type: 'response.failed', response: { error: { message: 'out of \u001b[31mluck' } } }]),
  ],
  ['endless tool calls', /still called tools after 16 turns/, callsFor('spending__get_budget_status', '{}')],
  ['endless unknown tools', /still called tools after 16 turns/, callsFor('rm_rf', '{}')],
  [
    'endless broken arguments',
    /still called tools after 16 turns/,
    callsFor('sms__send_budget_alert', '{"category":'),
  ],
  [
    'a hundred calls at once',
    /more than 48 tool calls/,
    (r) =>
      stream(r, [
        completed(
          Array.from({ length: 100 }, (_, n) =>
            functionCall('spending__get_budget_status', '{}', `call_${n}`),
          ),
        ),
      ]),
  ],
])('%s ends the run with a clear message', async (what, message, answer) => {
  const ran = await ask(answer, AS_PROGRAM.includes(what) ? { command: spendwise } : {});
  expect(ran.code).toBe(1);
  expect(lastLines(ran.stderr)).toMatch(twoLines);
  expect(ran.stderr).toMatch(message);
  expect(ran.stderr).not.toMatch(/\n\s+at /);
  expect(ran.stderr).not.toContain('\u001b');
  expect(ran.inbox).toEqual([]);
  expect(JSON.parse(ran.stdout)).toMatchObject({
    messages: [],
    error: { message: expect.stringMatching(message) },
  });
});

const SSE = { 'content-type': 'text/event-stream' };

function endlessLine(response: ServerResponse): void {
  response.writeHead(200, SSE);
  const more = () => {
    while (!response.destroyed && response.write('x'.repeat(65_536)));
    response.once('drain', more);
  };
  more();
}

function cutInMidStream(response: ServerResponse): void {
  response.writeHead(200, SSE);
  response.write(
    'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"Hel"}\n\n',
  );
  setTimeout(() => response.destroy(), 50);
}

test('an endpoint that is not there', async () => {
  const { env } = await household();
  const gone = await startModelStandIn();
  await gone.close();
  const ran = await spendwiseHere(['agent', 'ask', 'hello', '--yes', '--runtime', 'process'], {
    env: { ...env, OPENAI_BASE_URL: gone.url.href },
  });
  expect(ran.code).toBe(1);
  expect(lastLines(ran.stderr)).toMatch(
    /^error: the model at http:\/\/127\.0\.0\.1:\d+ cannot be reached \(ECONNREFUSED\)\nhint: /,
  );
});

test.each([401, 404])('a %i is a matter of configuration', async (status) => {
  const ran = await ask(
    (r) => void r.writeHead(status).end('{"error":{"message":"key sk-secret is wrong"}}'),
  );
  expect(ran.code).toBe(4);
  expect(ran.stderr + ran.stdout).not.toContain('sk-secret');
});

test('an answer that is not streamed is shown all the same', async () => {
  const { env } = await household();
  const server = await modelServer((response) => stream(response, [completed([says('it is 42')])]));
  const ran = await spendwiseHere(['agent', 'ask', 'hi', '--yes', '--runtime', 'process'], {
    env: { ...env, OPENAI_BASE_URL: server.url },
  });
  expect(ran).toMatchObject({ code: 0, stdout: 'it is 42\n' });
});

test('what was sent before the failure stays in the report', async () => {
  const alert = '{"category":"Shopping","spent":95,"budget":80,"currency":"CHF"}';
  const ran = await ask((response, request) =>
    request === 1
      ? stream(response, [completed([functionCall('sms__send_budget_alert', alert)])])
      : response.writeHead(400).end(),
  );
  expect(ran.code).toBe(1);
  expect(ran.inbox.map((m) => m.body)).toEqual(['[!!] SpendWise: Shopping\nCHF 95/80 (119%)']);
  expect(JSON.parse(ran.stdout)).toMatchObject({
    messages: [{ to: '+12025550143', sid: ran.inbox[0]?.sid, status: 'queued' }],
  });
});

test('a model that lies about figures, repeats itself and texts strangers gets nothing through', async () => {
  const proposals = [
    ['sms__send_budget_alert', { category: 'Shopping', spent: 9500, budget: 80, currency: 'CHF' }],
    ['sms__send_budget_alert', { category: 'Boats', spent: 1, budget: 1, currency: 'CHF' }],
    [
      'sms__send_budget_alert',
      { category: 'Shopping', spent: 95, budget: 80, currency: 'CHF', to: '+12025550199' },
    ],
    [
      'sms__send_budget_alert',
      { category: 'Shopping', spent: 95, budget: 80, currency: 'CHF', custom_message: 'Call +1900' },
    ],
    ['sms__send_sms', { message: 'hello' }],
    ['sms__send_sms', { message: 'hello', to: '' }],
    ['sms__send_budget_alert', { category: 'Shopping', spent: 95, budget: 80, currency: 'CHF' }],
    ['sms__send_budget_alert', { category: 'Shopping', spent: 95, budget: 80, currency: 'CHF' }],
  ] as const;
  const ran = await ask((response, request) => {
    const next = proposals[request - 1];
    const item = next ? functionCall(next[0], JSON.stringify(next[1]), `call_${request}`) : says('done');
    stream(response, [completed([item])]);
  });
  expect(ran.code).toBe(0);
  expect(ran.inbox.map((m) => [m.to, m.body])).toEqual([
    ['+12025550143', '[!!] SpendWise: Shopping\nCHF 95/80 (119%)'],
  ]);
});

test('reasoning goes back exactly as it came, before the call it led to; an unknown tool is told to the model', async () => {
  const reasoning = {
    type: 'reasoning',
    id: 'rs_1',
    summary: [],
    encrypted_content: 'gAAAA/opaque+bytes==',
    status: null,
  };
  const call = functionCall('spending__fly_to_the_moon', '{}');
  const ran = await ask((response, request) =>
    stream(response, [completed(request === 1 ? [reasoning, says('I try.'), call] : [says('done')])]),
  );
  expect(ran).toMatchObject({ code: 0 });
  const [first, second] = ran.bodies as { input: unknown[] }[];
  expect(second?.input).toEqual([
    ...(first?.input ?? []),
    reasoning,
    says('I try.'),
    call,
    {
      type: 'function_call_output',
      call_id: 'call_1',
      output: expect.stringContaining('there is no tool spending__fly_to_the_moon'),
    },
  ]);
});

test('a person sees words beside a call, a pause and why, and what the run took', async () => {
  const usage = { input_tokens: 2000, input_tokens_details: { cached_tokens: 1000 }, output_tokens: 50 };
  const answer = (output: unknown[]) => {
    const done = completed(output);
    return { ...done, response: { ...done.response, usage } };
  };
  const ran = await ask(
    (response, request) => {
      if (request === 1) return void response.writeHead(503, { 'retry-after-ms': '1' }).end();
      const words = { type: 'response.output_text.delta', output_index: 0, delta: 'Let me see.' };
      return request === 2
        ? stream(response, [
            words,
            answer([says('Let me see.'), functionCall('spending__get_budget_status', '{}')]),
          ])
        : stream(response, [answer([says('All is well.')])]);
    },
    { json: false, env: { OPENAI_PRICES: '1/0.1/10' } },
  );
  expect(ran).toMatchObject({ code: 0, stdout: 'Let me see.\nAll is well.\n' });
  expect(ran.stderr).toMatch(/^the model failed \(503\); trying again in 1 s$/m);
  expect(ran.stderr).toMatch(/^2 model calls, 4,000 tokens in, 100 out, about \$0\.0032$/m);
});

test('what a model names or is refused does not fill the screen', async () => {
  const calls = [
    functionCall('rm_rf'.repeat(50_000), '{}', 'call_1'),
    functionCall('sms__send_sms', JSON.stringify({ ['x'.repeat(100_000)]: 1 }), 'call_2'),
  ];
  const ran = await ask(
    (response, request) => stream(response, [completed(request === 1 ? calls : [says('done')])]),
    { json: false },
  );
  expect(ran.code).toBe(0);
  expect(ran.stderr).toMatch(/there is no tool rm_rf/);
  expect(ran.stderr.length).toBeLessThan(5_000);
});

test.each([
  ['known', { OPENAI_PRICES: '1/10' }, 0.000011],
  ['not known', {}, undefined],
])('the report has an estimate of the cost when prices are %s', async (_what, env, cost) => {
  const ran = await ask((response) => stream(response, [completed([says('done')])]), { env });
  const { model } = JSON.parse(ran.stdout);
  expect(model).toMatchObject({ calls: 1, inputTokens: 1, outputTokens: 1 });
  expect(model.estimatedCostUsd).toBe(cost);
});
