import { createServer, type ServerResponse } from 'node:http';
import { onTestFinished } from 'vitest';
import { closeServer, listenOnLoopback } from '../stand-ins/listen.ts';

/** An endpoint that answers every request as told, well or badly; gone when the test is over. */
export async function modelServer(answer: (response: ServerResponse, request: number) => void) {
  let requests = 0;
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      requests += 1;
      answer(response, requests);
    });
  });
  const url = await listenOnLoopback(server, 0);
  onTestFinished(() => closeServer(server));
  return { url: new URL('/v1', url).href, requests: () => requests };
}

/** Streams these events, and ends. */
export function stream(
  response: ServerResponse,
  events: readonly ({ type: string } & Record<string, unknown>)[],
): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const event of events) response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  response.end();
}

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
