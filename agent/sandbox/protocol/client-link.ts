import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage, RequestId } from '@modelcontextprotocol/sdk/types.js';
import { LISTEN } from './era.ts';

/** How long to wait for answers after the client has ended. A send takes at most 45 s. */
const LINGER_MS = 50_000;

/** A server transport that can be made to wait, for a client that reads more slowly than the server writes. */
export interface PausableTransport extends Transport {
  pause(): void;
  resume(): void;
  /** `because`: for the record. */
  close(because?: string): Promise<void>;
}

/**
 * Passes messages between an MCP client and a server until either side ends. After the client's end, answers that
 * are still due may come; then the server is closed.
 */
export class ClientLink {
  readonly #server: PausableTransport;
  readonly #pending = new Set<RequestId>();
  #clientEnded = false;
  #sending = 0;

  constructor(client: Transport, server: PausableTransport) {
    this.#server = server;
    client.onmessage = (message) => {
      // A subscription is not answered until it ends.
      if ('method' in message && 'id' in message && message.method !== LISTEN) this.#pending.add(message.id);
      if ('method' in message && message.method === 'notifications/cancelled') {
        // A cancelled request need not be answered.
        this.#pending.delete(message.params?.requestId as RequestId);
      }
      // The end of the server is reported elsewhere.
      server.send(message).catch(() => {});
    };
    server.onmessage = (message) => {
      this.#sending += 1;
      server.pause();
      const sent = () => {
        this.#sending -= 1;
        if (this.#sending === 0) server.resume();
      };
      client.send(message).then(sent, sent);
      this.#settle(message);
    };
  }

  /** The client's input has ended. */
  clientEnded(): void {
    this.#clientEnded = true;
    setTimeout(() => void this.#server.close(), LINGER_MS).unref();
    this.#closeWhenSettled();
  }

  #settle(message: JSONRPCMessage): void {
    if ('method' in message || message.id === undefined) return;
    this.#pending.delete(message.id);
    this.#closeWhenSettled();
  }

  #closeWhenSettled(): void {
    if (this.#clientEnded && this.#pending.size === 0) void this.#server.close();
  }
}
