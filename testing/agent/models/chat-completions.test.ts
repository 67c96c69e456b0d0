import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import type { ConversationItem } from '../../../agent/models/model.ts';
import { chunk, modelServer, streamChunks } from '../../support/model-server.ts';
import { modelAt, oneAnswer } from '../../support/one-answer.ts';

const answered = async (...chunks: object[]) => {
  const server = await modelServer((response) => streamChunks(response, chunks));
  return oneAnswer(modelAt(server.url, { api: 'chat' }));
};
const piece = (call: object, finish: string | null = null) => chunk({ tool_calls: [call] }, finish);
const end = (reason = 'stop') => chunk({}, reason);

test('text streams, and the usage comes in a chunk of its own', async () => {
  const usage = { prompt_tokens: 50, completion_tokens: 7, prompt_tokens_details: { cached_tokens: 32 } };
  const { streamed, answer } = await answered(
    chunk({ role: 'assistant', content: '' }),
    chunk({ content: 'Hel' }),
    chunk({ content: 'lo' }),
    end(),
    { id: 'c', object: 'chat.completion.chunk', choices: [], usage },
  );
  expect(streamed).toBe('Hello');
  expect(answer).toMatchObject({
    text: 'Hello',
    calls: [],
    items: [{ role: 'assistant', content: 'Hello' }],
    usage: { inputTokens: 50, cachedInputTokens: 32, outputTokens: 7 },
  });
});

test('reports no usage if the endpoint sends none', async () => {
  const { answer } = await answered(chunk({ content: 'Hello' }, 'stop'));
  expect(answer.usage).toEqual({ inputTokens: 0, cachedInputTokens: 0, outputTokens: 0 });
});

test.each<[string, object[], [string, string][]]>([
  [
    'as OpenAI does, in pieces and two at once',
    [
      piece({ index: 0, id: 'a', type: 'function', function: { name: 'one', arguments: '' } }),
      piece({ index: 0, function: { arguments: '{"x"' } }),
      piece({ index: 1, id: 'b', type: 'function', function: { name: 'two', arguments: '{}' } }),
      piece({ index: 0, function: { arguments: ':1}' } }),
      end('tool_calls'),
    ],
    [
      ['one', '{"x":1}'],
      ['two', '{}'],
    ],
  ],
  [
    'whole, each with index 0, ending in "stop"',
    [
      piece({ index: 0, id: 'a', function: { name: 'one', arguments: '{}' } }),
      piece({ index: 0, id: 'b', function: { name: 'two', arguments: '{}' } }),
      end(),
    ],
    [
      ['one', '{}'],
      ['two', '{}'],
    ],
  ],
  [
    'without index and id',
    [
      piece({ function: { name: 'one', arguments: '{}' } }),
      piece({ function: { name: 'two', arguments: '{"x":' } }),
      piece({ function: { arguments: '1}' } }),
      end('tool_calls'),
    ],
    [
      ['one', '{}'],
      ['two', '{"x":1}'],
    ],
  ],
  [
    'with a new id for every piece',
    [
      piece({ index: 0, id: 'a', function: { name: 'one', arguments: '{"x"' } }),
      piece({ index: 0, id: 'b', function: { arguments: ':1}' } }),
      end('tool_calls'),
    ],
    [['one', '{"x":1}']],
  ],
  [
    'with arguments that are an object',
    [piece({ index: 0, id: 'a', function: { name: 'one', arguments: { x: 1 } } }, 'tool_calls')],
    [['one', '{"x":1}']],
  ],
  [
    'under one id',
    [
      piece({ index: 0, id: 'a', function: { name: 'one', arguments: '{}' } }),
      piece({ index: 1, id: 'a', function: { name: 'two', arguments: '{}' } }),
      end('tool_calls'),
    ],
    [
      ['one', '{}'],
      ['two', '{}'],
    ],
  ],
])('calls come %s', async (_how, chunks, calls) => {
  const { answer } = await answered(chunk({ content: 'Let me see.' }), ...chunks);
  expect(answer.calls.map((call) => [call.name, call.arguments])).toEqual(calls);
  const ids = answer.calls.map((call) => call.callId);
  expect(ids.every((id) => id !== '')).toBe(true);
  expect(new Set(ids).size).toBe(ids.length);
  expect(answer.items.filter((item) => item.type === 'function_call').map((item) => item.call_id)).toEqual(
    ids,
  );
  expect(answer.text).toBe('Let me see.');
});

test('shows a refusal as an answer, and hides thoughts', async () => {
  const { streamed, answer } = await answered(
    chunk({ reasoning_content: 'Hm.' }),
    chunk({ refusal: 'I will not.' }),
    end(),
  );
  expect([streamed, answer.text]).toEqual(['I will not.', 'I will not.']);
});

test.each<[string, RegExp, (response: ServerResponse) => void]>([
  [
    'cut at its length',
    /cut short \(max_tokens\)/,
    (r) => streamChunks(r, [chunk({ content: 'x' }), end('length')]),
  ],
  ['filtered', /cut short \(content_filter\)/, (r) => streamChunks(r, [end('content_filter')])],
  ['broken off', /broke off/, (r) => streamChunks(r, [chunk({ content: 'x' })])],
  [
    'of another API',
    /does not answer as Chat Completions/,
    (r) => streamChunks(r, [{ type: 'response.created' }]),
  ],
  [
    'an error in mid-stream',
    /the model failed: boom/,
    (r) => streamChunks(r, [{ error: { message: 'boom' } }]),
  ],
  [
    'text without end',
    /would not stop writing/,
    (r) => streamChunks(r, Array(5).fill(chunk({ content: 'x'.repeat(100_000) }))),
  ],
  [
    'thoughts without end',
    /would not stop writing/,
    (r) => streamChunks(r, Array(5).fill(chunk({ reasoning_content: 'x'.repeat(100_000) }))),
  ],
  [
    'arguments without end',
    /would not stop writing/,
    (r) =>
      streamChunks(
        r,
        Array(5).fill(piece({ index: 0, function: { name: 'x', arguments: 'x'.repeat(100_000) } })),
      ),
  ],
])('an answer that is %s is an error in words', async (_what, message, respond) => {
  const server = await modelServer(respond);
  await expect(oneAnswer(modelAt(server.url, { api: 'chat' }))).rejects.toMatchObject({
    message: expect.stringMatching(message),
    hint: expect.any(String),
    exitCode: 1,
  });
});

test('retries after a temporary error', async () => {
  const server = await modelServer((response, request) =>
    request === 1
      ? response.writeHead(503).end()
      : streamChunks(response, [chunk({ content: 'Hello' }, 'stop')]),
  );
  const { events } = await oneAnswer(modelAt(server.url, { api: 'chat' }));
  expect(events[0]).toMatchObject({ type: 'retry' });
});

test('sends a conversation as messages: one for each answer, and no call with invalid JSON', async () => {
  const server = await modelServer((response) =>
    streamChunks(response, [chunk({ content: 'Hello' }, 'stop')]),
  );
  const call = { type: 'function_call' as const, name: 'look' };
  const conversation: ConversationItem[] = [
    { role: 'user', content: 'look twice' },
    { type: 'reasoning', id: 'rs', summary: [] },
    { role: 'assistant', content: 'Let me see.' },
    { ...call, call_id: 'a', arguments: '{"at":1}' },
    { ...call, call_id: 'b', arguments: '{"at":' },
    { type: 'function_call_output', call_id: 'a', output: 'here' },
    { type: 'function_call_output', call_id: 'b', output: 'no JSON' },
    { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Done.' }] } as never,
    { role: 'user', content: 'thanks' },
  ];
  const tool = { name: 'look', description: 'Looks.', parameters: { type: 'object' }, strict: true };
  await oneAnswer(modelAt(server.url, { api: 'chat' }), { input: conversation, tools: [tool] });
  const asked = (id: string, args: string) => ({
    id,
    type: 'function',
    function: { name: 'look', arguments: args },
  });
  expect(server.bodies[0]).toEqual({
    model: 'some-model',
    stream: true,
    stream_options: { include_usage: true },
    tools: [{ type: 'function', function: tool }],
    parallel_tool_calls: false,
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'look twice' },
      { role: 'assistant', content: 'Let me see.', tool_calls: [asked('a', '{"at":1}'), asked('b', '{}')] },
      { role: 'tool', tool_call_id: 'a', content: 'here' },
      { role: 'tool', tool_call_id: 'b', content: 'no JSON' },
      { role: 'assistant', content: 'Done.' },
      { role: 'user', content: 'thanks' },
    ],
  });
});
