import { once } from 'node:events';
import { createServer, type Server, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { FrameReader } from '../../../../agent/sandbox/gateway/frames.ts';
import { Mux } from '../../../../agent/sandbox/gateway/mux.ts';
import { splice } from '../../../../agent/sandbox/gateway/splice.ts';

const SIZE = 16 * 1024 * 1024;
const data = Buffer.alloc(SIZE, 'abcdefg');

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as { port: number }).port;
}

const dial = (port: number) =>
  new Socket({ allowHalfOpen: true }).on('error', () => {}).connect(port, '127.0.0.1');

/** A client's socket that leads through relay, wire and broker to a server. */
async function through(serve: (socket: Socket) => void) {
  const ends: Mux[] = [];
  const link = (to: number) => {
    const reader = new FrameReader();
    return (bytes: Buffer) =>
      queueMicrotask(() => {
        for (const frame of reader.push(bytes)) ends[to]?.receive(frame);
      });
  };
  ends.push(new Mux(link(1)), new Mux(link(0)));
  const upstream = await listening(
    createServer({ allowHalfOpen: true }, (socket) => serve(socket.on('error', () => {}))),
  );
  let id = 0;
  const door = await listening(
    createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
      id += 1;
      const [near, far] = ends.map((mux) => mux.open(id));
      if (near === undefined || far === undefined) throw new Error('no streams');
      splice(socket, near);
      splice(far, dial(upstream));
    }),
  );
  return { client: dial(door), open: () => ends.map((mux) => mux.size) };
}

/** Reads a megabyte, rests, reads on. Says how much came until the end; rejects when the connection breaks. */
async function slowly(socket: Socket): Promise<number> {
  let size = 0;
  for await (const chunk of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size % (1024 * 1024) < chunk.length) await delay(10);
  }
  return size;
}

test('a client that ends its half first and reads slowly gets the whole answer', async () => {
  const { client, open } = await through((socket) => void socket.resume().end(data));
  client.end();
  expect(await slowly(client)).toBe(SIZE);
  await expect.poll(open).toEqual([0, 0]);
});

test('a server that ends its half first and reads slowly gets everything that was sent', async () => {
  const received = Promise.withResolvers<number>();
  const { client, open } = await through((socket) => {
    socket.end();
    slowly(socket).then(received.resolve, received.reject);
  });
  client.resume();
  await once(client, 'end');
  client.end(data);
  expect(await received.promise).toBe(SIZE);
  await expect.poll(open).toEqual([0, 0]);
});

test('everything arrives from a client that sends, ends and leaves', async () => {
  const received = Promise.withResolvers<number>();
  const { client, open } = await through((socket) => {
    slowly(socket).then((size) => {
      socket.end('nobody reads this');
      received.resolve(size);
    }, received.reject);
  });
  client.end(data, () => client.destroy());
  expect(await received.promise).toBe(SIZE);
  await expect.poll(open).toEqual([0, 0]);
});

test.each(['client', 'server'])('when the %s breaks off, the other side does not see an end', async (who) => {
  const accepted = Promise.withResolvers<Socket>();
  const { client, open } = await through(accepted.resolve);
  const server = await accepted.promise;
  const [breaks, sees] = who === 'client' ? [client, server] : [server, client];
  breaks.write('half of');
  await once(sees, 'data');
  const seen = slowly(sees);
  breaks.resetAndDestroy();
  await expect(seen).rejects.toMatchObject({ code: 'ECONNRESET' });
  await expect.poll(open).toEqual([0, 0]);
});
