import { createSocket, type SocketType } from 'node:dgram';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer, type ListenOptions, type Server } from 'node:net';

/** More than all buffers on the way hold. */
const LARGE_BYTES = 16 * 1024 * 1024;

/** Hears of what gets out. */
export interface Witness {
  /** What it has heard so far, in words. */
  heard(): readonly string[] | Promise<readonly string[]>;
}

/** Listeners of the drill's own on this machine's loopback, and Unix sockets: nobody inside may ever speak to them. */
export interface Canary extends Witness {
  readonly ports: {
    readonly TCP: number;
    readonly TCP6: number;
    readonly UDP: number;
    readonly UDP6: number;
  };
  close(): void;
}

/** A port is 0 where this machine has no such address, a socket is left out where there are none. */
export async function startCanary(sockets: readonly string[]): Promise<Canary> {
  const heard: string[] = [];
  const closing: (() => void)[] = [];
  const tcp = async (options: ListenOptions, name: string): Promise<number> => {
    const server = createServer((socket) => {
      heard.push(name);
      socket.on('error', () => {}).end('canary');
    });
    const listening = await new Promise<boolean>((resolve) => {
      server.on('error', () => resolve(false)).listen(options, () => resolve(true));
    });
    if (!listening) return 0;
    closing.push(() => server.close());
    const address = server.address();
    return typeof address === 'object' ? (address?.port ?? 0) : 0;
  };
  const udp = async (type: SocketType, address: string): Promise<number> => {
    const socket = createSocket(type);
    socket.on('message', (_message, { port }) => {
      heard.push(`UDP on ${address}`);
      socket.send('canary', port, address, () => {});
    });
    const bound = await new Promise<boolean>((resolve) => {
      socket.on('error', () => resolve(false)).bind(0, address, () => resolve(true));
    });
    if (!bound) return 0;
    closing.push(() => socket.close());
    return socket.address().port;
  };
  const ports = {
    TCP: await tcp({ port: 0, host: '127.0.0.1' }, 'TCP on 127.0.0.1'),
    TCP6: await tcp({ port: 0, host: '::1' }, 'TCP on ::1'),
    UDP: await udp('udp4', '127.0.0.1'),
    UDP6: await udp('udp6', '::1'),
  };
  for (const path of sockets) {
    const abstract = path.startsWith('\0');
    if (!abstract || process.platform === 'linux')
      await tcp(
        abstract ? { path } : { path, writableAll: true },
        `Unix socket ${abstract ? '(abstract)' : path}`,
      );
  }
  return {
    ports,
    heard: () => heard,
    close: () => {
      for (const close of closing) close();
    },
  };
}

/** A granted listener that answers a client that has ended its half with 16 MB. */
export async function startLargeAnswer(): Promise<{ readonly url: URL; close(): void }> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket
      .on('error', () => {})
      .on('end', () => socket.end(Buffer.alloc(LARGE_BYTES)))
      .resume();
  });
  return { url: await listening(server), close: () => void server.close() };
}

async function listening(server: Server): Promise<URL> {
  await new Promise<void>((resolve, reject) =>
    server.on('error', reject).listen(0, '127.0.0.1', () => resolve()),
  );
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

export interface ReceivedRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** What some APIs do with a request that they do not like: it comes back, here a byte at a time. */
async function reflect(authorization: string, response: ServerResponse): Promise<void> {
  const said = Buffer.from(authorization.replace(/^Basic /, ''), 'base64').toString();
  response.writeHead(400, `Bad ${authorization}`, {
    'x-said': authorization,
    'x-meant': encodeURIComponent(said),
  });
  for (const byte of `you sent ${authorization} or ${encodeURIComponent(authorization)}, that is ${said}`) {
    response.write(byte);
    await new Promise((resolve) => setImmediate(resolve));
  }
  response.end('.');
}

/** Stands in for the allowed API: answers as if all were well, and keeps every request that reached it. */
export interface ApiStandIn {
  readonly url: URL;
  readonly requests: readonly ReceivedRequest[];
  close(): void;
}

export async function startApiStandIn(): Promise<ApiStandIn> {
  const requests: ReceivedRequest[] = [];
  const server = createHttpServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk) => {
      // What is not read cannot fill this process.
      if (body.length < 4096) body += chunk;
    });
    request.on('end', () => {
      const { method = '', url: target = '', headers } = request;
      requests.push({ method, target, headers, body });
      if (target.endsWith('/SMreflect.json'))
        return void reflect(headers.authorization ?? 'nothing', response);
      response.writeHead(method === 'POST' ? 201 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ sid: `SM${'0'.repeat(32)}`, status: 'queued', messages: [] }));
    });
  });
  for (const event of ['upgrade', 'connect'] as const) {
    server.on(event, ({ method = '', url: target = '', headers }: IncomingMessage, socket) => {
      requests.push({ method, target, headers, body: event });
      socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n');
    });
  }
  return {
    url: await listening(server),
    requests,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
