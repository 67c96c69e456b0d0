import { createServer, type ServerResponse } from 'node:http';
import { onTestFinished } from 'vitest';
import { closeServer, listenOnLoopback, readBody } from '../stand-ins/listen.ts';

/** An endpoint that answers every request as told, well or badly; gone when the test is over. */
export async function modelServer(answer: (response: ServerResponse, request: number) => void) {
  const bodies: Record<string, unknown>[] = [];
  const server = createServer(async (request, response) => {
    bodies.push(JSON.parse((await readBody(request, 4 * 1024 * 1024)) ?? '{}'));
    answer(response, bodies.length);
  });
  const url = await listenOnLoopback(server, 0);
  onTestFinished(() => closeServer(server));
  return { url: new URL('/v1', url).href, requests: () => bodies.length, bodies };
}

const SSE = { 'content-type': 'text/event-stream' };

/** Streams these events, and ends. */
export function stream(
  response: ServerResponse,
  events: readonly ({ type: string } & Record<string, unknown>)[],
): void {
  response.writeHead(200, SSE);
  for (const event of events) response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  response.end();
}

/** Streams these chunks as Chat Completions does, and ends. */
export function streamChunks(response: ServerResponse, chunks: readonly object[]): void {
  response.writeHead(200, SSE);
  for (const chunk of chunks) response.write(`data: ${JSON.stringify(chunk)}\n\n`);
  response.end('data: [DONE]\n\n');
}

/** A chunk of a Chat Completion: a part of the message, and at its end the reason for ending. */
export const chunk = (delta: object, finish: string | null = null, rest: object = {}) => ({
  id: 'c',
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta, finish_reason: finish }],
  ...rest,
});

export const completed = (output: readonly unknown[]) => ({
  type: 'response.completed',
  response: {
    id: 'r',
    object: 'response',
    status: 'completed',
    output,
    usage: { input_tokens: 1, output_tokens: 1 },
  },
});

export const functionCall = (name: string, args: string, callId = 'call_1') => ({
  type: 'function_call',
  id: `fc_${callId}`,
  call_id: callId,
  name,
  arguments: args,
});

export const says = (text: string) => ({
  type: 'message',
  role: 'assistant',
  content: [{ type: 'output_text', text }],
});
