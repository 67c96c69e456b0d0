import type { Socket } from 'node:net';
import { Readable } from 'node:stream';

const HEADER = 8;

/**
 * Takes apart what the engine sends of a container without a terminal: pieces of its stdout and stderr, each after a
 * header of 8 bytes (1 or 2, three zeros, the length). Reading stops while either is not taken.
 */
export function outputs(socket: Socket): { stdout: Readable; stderr: Readable } {
  const full = new Set<Readable>();
  const output = () => {
    const stream: Readable = new Readable({
      read() {
        if (full.delete(stream) && full.size === 0) socket.resume();
      },
    });
    return stream;
  };
  const streams = { stdout: output(), stderr: output() };
  let header: Buffer = Buffer.alloc(0);
  let left = 0;
  let current = streams.stdout;
  socket.on('data', (chunk: Buffer) => {
    let at = 0;
    while (at < chunk.length) {
      if (left === 0) {
        const rest = chunk.subarray(at, at + HEADER - header.length);
        header = header.length === 0 ? rest : Buffer.concat([header, rest]);
        at += rest.length;
        if (header.length < HEADER) return;
        left = header.readUInt32BE(4);
        current = header[0] === 2 ? streams.stderr : streams.stdout;
        header = Buffer.alloc(0);
        continue;
      }
      const piece = chunk.subarray(at, at + left);
      at += piece.length;
      left -= piece.length;
      if (!current.push(piece)) full.add(current);
    }
    if (full.size > 0) socket.pause();
  });
  socket.on('close', () => {
    streams.stdout.push(null);
    streams.stderr.push(null);
  });
  return streams;
}
