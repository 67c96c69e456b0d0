import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createRunCa } from '../../../agent/sandbox/broker/run-ca.ts';

/** What probes speak to, on loopback: a process of its own, as in the world. Its one argument: the name it has in TLS. */
export interface FarEnd {
  readonly tls: { readonly host: string; readonly port: number };
  readonly ca: string;
  /** Where the first line says how many bytes are wanted; with 0, it takes what comes until the end. */
  readonly bulk: number;
}

const [host = ''] = process.argv.slice(2);
const ca = await createRunCa([host]);
const tls = createHttpsServer(await ca.issue(host), (_, response) => void response.end('ok'));
const bulk = createServer({ allowHalfOpen: true }, serveBulk);
const farEnd: FarEnd = {
  tls: { host, port: await listen(tls) },
  ca: ca.certificate,
  bulk: await listen(bulk),
};
process.stdout.write(`${JSON.stringify(farEnd)}\n`);
process.stdin.resume().on('end', () => process.exit(0));

function serveBulk(socket: Socket): void {
  socket.on('error', () => {});
  socket.once('data', (first: Buffer) => {
    let left = Number(first.toString().split('\n')[0]);
    if (left === 0) return void socket.on('end', () => socket.end());
    const piece = Buffer.alloc(256 * 1024);
    const more = () => {
      while (left > 0) {
        left -= piece.length;
        if (!socket.write(piece)) return;
      }
      socket.end();
    };
    socket.on('drain', more);
    more();
  });
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
  );
}
