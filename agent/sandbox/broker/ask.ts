import type { ClientRequest, IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import { inWords } from './in-words.ts';

/** An allowed request that did not complete. The message says how far it got, and is safe for the audit log. */
export class NotCompleted extends Error {}

/** Sends a request. Throws NotCompleted when no answer comes. */
export function ask(request: ClientRequest, body: string | Buffer | undefined): Promise<IncomingMessage> {
  // Once the connection is open, the request may have been sent: assume that it was.
  let sent = false;
  request.on('socket', (socket) => {
    const secure = !(socket instanceof TLSSocket) || socket.getProtocol() !== null;
    if (!socket.connecting && secure) sent = true;
    else socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', () => (sent = true));
  });
  request.end(body);
  return new Promise((resolve, reject) => {
    const fail = (why: string) =>
      reject(new NotCompleted(`${sent ? 'the request was sent; then' : 'nothing was sent:'} ${why}`));
    request.on('response', resolve);
    request.on('error', (error) => fail(inWords(error)));
    request.on('upgrade', (_answer, socket) => {
      socket.destroy();
      fail('the upstream wanted to upgrade');
    });
    request.on('close', () => fail('there was no answer'));
  });
}
