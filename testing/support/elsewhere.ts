import { createServer } from 'node:http';
import { onTestFinished } from 'vitest';
import { closeServer, listenOnLoopback } from '../stand-ins/listen.ts';

/** A server on loopback that is neither the registry nor the index of a test: what it was asked for. */
export async function elsewhere() {
  const asked: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url);
    response.writeHead(404).end();
  });
  const { origin } = await listenOnLoopback(server, 0);
  onTestFinished(() => closeServer(server));
  return { asked, origin };
}
