import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Failed } from '../../agent/sandbox/foundation/errors.ts';

/** Listens on loopback only; port 0 takes a free one. Throws Failed when the port is in use. */
export async function listenOnLoopback(server: Server, port: number): Promise<URL> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new Failed(
          `cannot listen on 127.0.0.1:${port} (${error.code})`,
          'stop what uses the port, or take another',
          error,
        ),
      ),
    );
    server.listen(port, '127.0.0.1', resolve);
  });
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** A request body as text, up to `limit` bytes; undefined when it is longer. */
export async function readBody(request: AsyncIterable<Buffer>, limit: number): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > limit) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
