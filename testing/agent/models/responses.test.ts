import { expect, test } from 'vitest';
import { endpointOf } from '../../../agent/models/endpoint.ts';
import { responsesRequest } from '../../../agent/models/responses.ts';
import { completed, functionCall, modelServer, says, stream } from '../../support/model-server.ts';
import { modelAt, oneAnswer } from '../../support/one-answer.ts';

type Events = Parameters<typeof stream>[1];
const answered = async (...events: Events) => {
  const server = await modelServer((response) => stream(response, events));
  return oneAnswer(modelAt(server.url));
};
const delta = (text: string, at = 0, type = 'response.output_text.delta') => ({
  type,
  output_index: at,
  delta: text,
});

test('shows a refusal as an answer', async () => {
  const refusal = {
    type: 'message',
    role: 'assistant',
    content: [{ type: 'refusal', refusal: 'I will not.' }],
  };
  const { streamed, answer } = await answered(
    delta('I will not.', 0, 'response.refusal.delta'),
    completed([refusal]),
  );
  expect([streamed, answer.text, answer.calls]).toEqual(['I will not.', 'I will not.', []]);
});

test('separates messages as paragraphs, streamed and complete', async () => {
  const { streamed, answer } = await answered(
    delta('One', 0),
    delta('.', 0),
    delta('Two.', 1),
    completed([says('One.'), says('Two.'), says('')]),
  );
  expect([streamed, answer.text]).toEqual(['One.\n\nTwo.', 'One.\n\nTwo.']);
});

test('words beside a call are shown, and the call is made', async () => {
  const { streamed, answer } = await answered(
    delta('Let me see.'),
    completed([says('Let me see.'), functionCall('look', '{}')]),
  );
  expect(streamed).toBe('Let me see.');
  expect(answer.calls).toEqual([{ callId: 'call_1', name: 'look', arguments: '{}' }]);
  expect(answer.items).toHaveLength(2);
});

test('calls under one id are told apart, and the same call twice is one', async () => {
  const { answer } = await answered(
    completed([
      functionCall('look', '{"at":1}', 'same'),
      functionCall('look', '{"at":1}', 'same'),
      functionCall('look', '{"at":2}', 'same'),
      functionCall('look', '{"at":2}', 'same'),
    ]),
  );
  expect(answer.calls.map((call) => [call.callId, call.arguments])).toEqual([
    ['same', '{"at":1}'],
    ['same_2', '{"at":2}'],
  ]);
  // What is replayed has the ids under which the results are given.
  expect(answer.items.map((item) => item.type === 'function_call' && item.call_id)).toEqual([
    'same',
    'same_2',
  ]);
});

test.each([
  ['max_output_tokens', /cut short \(max_output_tokens\)/, /ask for less/],
  ['content_filter', /cut short \(content_filter\)/, /rephrase/],
])('an answer cut short by %s is none, whatever the event is called', async (reason, message, hint) => {
  const response = {
    status: 'incomplete',
    incomplete_details: { reason },
    output: [functionCall('send', '{}')],
  };
  for (const type of ['response.incomplete', 'response.completed']) {
    const error = expect.objectContaining({
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    });
    await expect(answered({ type, response })).rejects.toEqual(error);
  }
});

test('accepts an empty answer, or one with thoughts only', async () => {
  const { answer } = await answered(completed([{ type: 'reasoning', id: 'rs', summary: [] }]));
  expect(answer).toMatchObject({ text: '', calls: [] });
});

test('passes unknown kinds of items on', async () => {
  const search = { type: 'web_search_call', id: 'ws', status: 'completed', action: { type: 'search' } };
  const { answer } = await answered(completed([search, says('found')]));
  expect(answer.items[0]).toEqual(search);
  expect(answer.text).toBe('found');
});

test('gives up on text without an end', async () => {
  const drops = Array.from({ length: 5 }, () => delta('x'.repeat(100_000)));
  await expect(answered(...drops)).rejects.toThrow(/would not stop writing/);
});

test('cached input is counted', async () => {
  const done = completed([says('x')]);
  const usage = { input_tokens: 100, input_tokens_details: { cached_tokens: 64 }, output_tokens: 5 };
  const { answer } = await answered({ ...done, response: { ...done.response, usage } });
  expect(answer.usage).toEqual({ inputTokens: 100, cachedInputTokens: 64, outputTokens: 5 });
});

test('an endpoint that does not count is taken as it is', async () => {
  const done = completed([says('x')]);
  const { answer } = await answered({ ...done, response: { ...done.response, usage: null } as never });
  expect(answer.usage).toEqual({ inputTokens: 0, cachedInputTokens: 0, outputTokens: 0 });
});

test('counts invalid token numbers as 0', async () => {
  const done = completed([says('x')]);
  const usage = { input_tokens: -1e9, input_tokens_details: { cached_tokens: 0.5 }, output_tokens: 1e308 };
  const { answer } = await answered({ ...done, response: { ...done.response, usage } });
  expect(answer.usage).toEqual({ inputTokens: 0, cachedInputTokens: 0, outputTokens: 0 });
});

test.each([5, { length: -1e9 }, null])('words that are %j end the answer', async (words) => {
  const event = { ...delta(''), delta: words };
  await expect(answered(event, completed([]))).rejects.toThrow(/not answer as the Responses API does/);
});

test('shortens a long or multi-line reason to one line', async () => {
  const response = { incomplete_details: { reason: `no\nhint: run this${'!'.repeat(100_000)}` } };
  const error = await answered({ type: 'response.incomplete', response }).catch((thrown) => thrown);
  expect(error.message).toMatch(/^the model's answer was cut short \(no hint: run this!{1,200}\)$/);
});

test('reasoning is asked for from OpenAI, who keeps nothing, and not from others', () => {
  const request = { instructions: '', input: [], tools: [], signal: new AbortController().signal };
  const of = (baseUrl?: string) =>
    responsesRequest(endpointOf({ apiKey: 'x', baseUrl, model: 'm' }), request);
  for (const openAi of [undefined, 'https://api.openai.com/v1', 'https://eu.api.openai.com/v1'])
    expect(of(openAi)).toMatchObject({ include: ['reasoning.encrypted_content'], store: false });
  for (const other of ['http://127.0.0.1:11434/v1', 'https://api.openai.com.example.org/v1'])
    expect(of(other)).not.toHaveProperty('include');
});

test.each(['responses', 'chat'] as const)(
  'a 404 of one’s own endpoint over %s says what to try',
  async (api) => {
    const server = await modelServer((response) => void response.writeHead(404).end('nothing here'));
    const hint = api === 'responses' ? /OPENAI_API=chat/ : /OPENAI_BASE_URL usually ends in \/v1/;
    await expect(oneAnswer(modelAt(server.url, { api }))).rejects.toMatchObject({
      message: expect.stringMatching(/no model "some-model", or/),
      hint: expect.stringMatching(hint),
      exitCode: 4,
    });
  },
);
