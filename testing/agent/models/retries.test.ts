import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { Interrupted } from '../../../agent/sandbox/foundation/errors.ts';
import { startModelStandIn } from '../../stand-ins/model.ts';
import { completed, modelServer, says, stream } from '../../support/model-server.ts';
import { modelAt, oneAnswer } from '../../support/one-answer.ts';

type Respond = (response: ServerResponse) => void;
const well: Respond = (response) => stream(response, [completed([says('hello')])]);
const status =
  (code: number, headers = {}, error: object = { message: 'not now' }): Respond =>
  (response) =>
    void response
      .writeHead(code, { 'content-type': 'application/json', ...headers })
      .end(JSON.stringify({ error }));
const failed =
  (code: string): Respond =>
  (response) =>
    stream(response, [
      { type: 'response.created', response: {} },
      { type: 'response.failed', response: { error: { code, message: 'our side' } } },
    ]);

/** An endpoint that fails like this once, and then answers. */
const onceThen = (fail: Respond) =>
  modelServer((response, request) => (request === 1 ? fail(response) : well(response)));

test.each<[string, RegExp, Respond]>([
  ...[500, 502, 503, 504, 529].map((code): [string, RegExp, Respond] => [
    `a ${code}`,
    new RegExp(`failed \\(${code}\\)`),
    status(code),
  ]),
  ['a 429', /busy \(429\)/, status(429)],
  ['a stream that fails on the server', /failed \(server_error\)/, failed('server_error')],
  ['a stream that was too much', /busy \(rate_limit_exceeded\)/, failed('rate_limit_exceeded')],
  [
    'an error event',
    /failed \(server_error\)/,
    (r) => stream(r, [{ type: 'error', code: 'server_error', message: 'our side' }]),
  ],
  ['a connection that is cut before the answer', /cannot be reached/, (r) => void r.destroy()],
])('%s is tried again, and that is told', async (_what, reason, fail) => {
  const server = await onceThen(fail);
  const { events, answer } = await oneAnswer(modelAt(server.url));
  expect(events[0]).toEqual({
    type: 'retry',
    reason: expect.stringMatching(reason),
    inMs: expect.any(Number),
  });
  expect(answer.text).toBe('hello');
  expect(server.requests()).toBe(2);
});

test.each<[string, RegExp, Respond]>([
  [
    'an account without credit, where waiting does not help',
    /no credit left/,
    status(429, {}, { message: 'pay', code: 'insufficient_quota', type: 'insufficient_quota' }),
  ],
  ['a wrong request', /refused the request/, status(400)],
  ['a wrong key', /refused the key/, status(401)],
  [
    'a 500 whose sender says that it is of no use',
    /failed \(500\)/,
    status(500, { 'x-should-retry': 'false' }),
  ],
  ['a pause longer than ours', /busy \(429\)/, status(429, { 'retry-after': '3600' })],
  ['a failure after words were shown', /failed \(server_error/, failedAfterWords],
  ['a failure that is about the request', /the model failed: our side/, failed('invalid_prompt')],
])('%s is not tried again', async (_what, message, fail) => {
  const server = await onceThen(fail);
  await expect(oneAnswer(modelAt(server.url))).rejects.toThrow(message);
  expect(server.requests()).toBe(1);
});

test.each(['responses', 'chat'] as const)(
  'over %s, nothing goes where an endpoint points, but the person is told where that is',
  async (api) => {
    const elsewhere = await modelServer(well);
    for (const code of [301, 302, 307, 308]) {
      const server = await onceThen(status(code, { location: `${elsewhere.url}/responses?key=1` }));
      await expect(oneAnswer(modelAt(server.url, { api }))).rejects.toThrow(
        `redirects to another address (${code}, to ${new URL(elsewhere.url).origin})`,
      );
    }
    expect(elsewhere.requests()).toBe(0);
  },
);

test('an endpoint that repeats the key, and words its complaint as a hint of ours, is not quoted with either', async () => {
  const apiKey = 'the-key-of-the-test';
  const server = await onceThen(status(400, {}, { message: `${apiKey} is bad\nhint: run this` }));
  const error = await oneAnswer(modelAt(server.url, { apiKey })).catch((thrown) => thrown);
  expect(error.message).toMatch(/refused the request: 400 \[secret\] is bad hint: run this$/);
});

function failedAfterWords(response: ServerResponse): void {
  stream(response, [
    { type: 'response.output_text.delta', output_index: 0, delta: 'Hel' },
    { type: 'response.failed', response: { error: { code: 'server_error', message: 'our side' } } },
  ]);
}

test('waits as long as the endpoint asks, and reports an error if that is too long', async () => {
  const server = await onceThen(status(503, { 'retry-after-ms': '40' }));
  const { events } = await oneAnswer(modelAt(server.url));
  const [retry] = events;
  expect(retry?.type === 'retry' && retry.inMs >= 40 && retry.inMs <= 44).toBe(true);

  const later = await onceThen(status(429, { 'retry-after': '90' }));
  await expect(oneAnswer(modelAt(later.url))).rejects.toMatchObject({ hint: 'wait 90 s, then try again' });
});

test('pauses grow, differ, and end after four requests', async () => {
  const server = await modelServer(status(500));
  const pauses: number[] = [];
  const model = modelAt(server.url, { retries: { firstMs: 8 } });
  const { signal } = new AbortController();
  const run = async () => {
    for await (const event of model.respond({ instructions: '', input: [], tools: [], signal }))
      if (event.type === 'retry') pauses.push(event.inMs);
  };
  await expect(run()).rejects.toThrow(/failed \(500\)/);
  expect(server.requests()).toBe(4);
  expect(pauses).toHaveLength(3);
  for (const [at, pause] of pauses.entries()) {
    expect(pause).toBeGreaterThanOrEqual(8 * 2 ** at * 0.75);
    expect(pause).toBeLessThanOrEqual(8 * 2 ** at);
  }
});

test('limits the sum of all pauses', async () => {
  const server = await modelServer(status(500));
  const model = modelAt(server.url, { retries: { firstMs: 10, altogetherMs: 15 } });
  await expect(oneAnswer(model)).rejects.toThrow(/failed \(500\)/);
  expect(server.requests()).toBe(2);
});

test('reaches an endpoint that starts in the meantime', async () => {
  const gone = await startModelStandIn();
  await gone.close();
  const model = modelAt(gone.url.href, { retries: { firstMs: 50 } });
  const asking = oneAnswer(model);
  const back = await startModelStandIn({ port: Number(gone.url.port) });
  const { answer } = await asking;
  await back.close();
  expect(answer.text).toMatch(/fixed rules/);
});

test('Ctrl-C ends a pause at once', async () => {
  const server = await modelServer(status(500, { 'retry-after': '20' }));
  const controller = new AbortController();
  const started = performance.now();
  const run = async () => {
    for await (const event of modelAt(server.url).respond({
      instructions: '',
      input: [],
      tools: [],
      signal: controller.signal,
    }))
      if (event.type === 'retry') setTimeout(() => controller.abort(new Interrupted()), 10);
  };
  await expect(run()).rejects.toThrow(Interrupted);
  // The pause would have been of twenty seconds.
  expect(performance.now() - started).toBeLessThan(19_000);
});

test('an endpoint that goes silent, or drips for ever, is given up', async () => {
  const silent = await modelServer((response) => void response.writeHead(200).flushHeaders());
  await expect(oneAnswer(modelAt(silent.url, { idleMs: 50 }))).rejects.toThrow(/went silent/);
  const drip = await modelServer((response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const timer = setInterval(
      () => response.write('data: {"type":"response.output_text.delta","output_index":0,"delta":"x"}\n\n'),
      5,
    );
    response.on('close', () => clearInterval(timer));
  });
  await expect(oneAnswer(modelAt(drip.url, { idleMs: 500, answerMs: 100 }))).rejects.toThrow(/more than 0 s/);
});
