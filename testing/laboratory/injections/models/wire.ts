import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { z } from 'zod';
import { closeServer, listenOnLoopback, readBody } from '../../../stand-ins/listen.ts';
import type { Proposal } from '../goals/goal.ts';

/** What a model is given, over OpenAI's wire. */
const Given = z.object({
  input: z.array(z.looseObject({})),
  tools: z.array(z.looseObject({ name: z.string() })),
  stream: z.literal(true),
});
export type Given = z.infer<typeof Given>;

/** Calls, all in one answer, or words. */
export type Answer = readonly Proposal[] | string;

export interface ModelWire {
  /** What OPENAI_BASE_URL wants. */
  readonly url: URL;
  close(): Promise<void>;
}

const MAX_BODY_BYTES = 8 * 1024 * 1024;

/** OpenAI's Responses API on loopback, as far as the app's adapter reads it, with a model of ours behind it. */
export async function startModelWire(think: (given: Given, raw: string) => Answer): Promise<ModelWire> {
  const server = createServer((request, response) => {
    readBody(request, MAX_BODY_BYTES)
      .then((body = '') => {
        const answer = think(Given.parse(JSON.parse(body)), body);
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.end(`event: response.completed\ndata: ${JSON.stringify(completed(answer))}\n\n`);
      })
      .catch((error) => {
        response.writeHead(400).end(JSON.stringify({ error: { message: String(error) } }));
      });
  });
  const url = await listenOnLoopback(server, 0);
  return { url: new URL('/v1', url), close: () => closeServer(server) };
}

const completed = (answer: Answer) => ({
  type: 'response.completed',
  response: {
    id: id('resp'),
    object: 'response',
    status: 'completed',
    output:
      typeof answer === 'string'
        ? [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: answer }] }]
        : answer.map(({ name, args }) => ({
            type: 'function_call',
            id: id('fc'),
            call_id: id('call'),
            name,
            arguments: typeof args === 'string' ? args : JSON.stringify(args),
          })),
    usage: { input_tokens: 1, output_tokens: 1 },
  },
});

const id = (prefix: string): string => `${prefix}_${randomBytes(8).toString('hex')}`;
