import type { Duplex } from 'node:stream';

/** Time for the answer to arrive. */
const ANSWER_MS = 250;
/** TLS alerts, fatal (RFC 8446): 49 access_denied, 112 unrecognized_name. */
const alert = (description: number) => Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, description]);
const ACCESS_DENIED = alert(49);
const UNRECOGNIZED_NAME = alert(112);

/** Refuses in the handshake: the client learns that the name was wrong. */
export const refuseServerName = (stream: Duplex): void => answer(stream, UNRECOGNIZED_NAME);

/**
 * Refuses a connection at once, in the language that its port lets expect, so that who wrote the client can tell a
 * refusal from a failure: TLS reports "access denied", plain HTTP a 403 with the reason. Elsewhere it is reset.
 */
export function refuseConnection(stream: Duplex, port: number, reason: string): void {
  if (port === 443) answer(stream, ACCESS_DENIED);
  else if (port === 80) answer(stream, forbidden(reason));
  else stream.destroy();
}

function forbidden(reason: string): string {
  const body = `SpendWise broker: ${reason.replace(/[^\x20-\x7e]/g, '?')}\n`;
  const head = [
    'HTTP/1.1 403 Forbidden',
    'content-type: text/plain',
    `content-length: ${body.length}`,
    'connection: close',
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}

function answer(stream: Duplex, bytes: Buffer | string): void {
  stream.end(bytes);
  // Discard further data.
  stream.resume();
  setTimeout(() => stream.destroy(), ANSWER_MS).unref();
}
