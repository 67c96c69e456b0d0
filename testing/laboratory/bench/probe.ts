import { request } from 'node:https';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { getCACertificates } from 'node:tls';

/**
 * Runs in a sandbox, and as a plain child: a line of JSON says what to do over the network, a line with milliseconds
 * is the answer.
 */
export type Errand =
  /** A request on a TLS connection of its own. */
  | {
      readonly do: 'request';
      readonly host: string;
      readonly port: number;
      readonly name: string;
      readonly ca: string;
    }
  /** So many bytes from there, or to there, on so many connections at once. */
  | {
      readonly do: 'download' | 'upload';
      readonly host: string;
      readonly port: number;
      readonly bytes: number;
      readonly connections: number;
    };

for await (const line of createInterface({ input: process.stdin })) {
  const errand = JSON.parse(line) as Errand;
  const started = performance.now();
  if (errand.do === 'request') await tlsRequest(errand);
  else await Promise.all(Array.from({ length: errand.connections }, () => transfer(errand)));
  process.stdout.write(`${performance.now() - started}\n`);
}

function tlsRequest({ host, port, name, ca }: Extract<Errand, { do: 'request' }>): Promise<void> {
  return new Promise((resolve, reject) => {
    // The broker's own, where it ends TLS.
    const trusted = [...getCACertificates('extra'), ca];
    request({ host, port, path: '/small', agent: false, ca: trusted, servername: name }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`));
      response.resume().on('end', resolve);
    })
      .on('error', reject)
      .end();
  });
}

function transfer({ do: way, host, port, bytes }: Exclude<Errand, { do: 'request' }>): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port }).on('error', reject).on('end', resolve);
    socket.resume();
    if (way === 'download') return void socket.end(`${bytes}\n`);
    socket.write('0\n');
    const piece = Buffer.alloc(256 * 1024);
    let left = bytes;
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
