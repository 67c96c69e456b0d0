import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';

/**
 * Passes messages between an MCP client and a server until either side ends. After the client's end, answers that
 * are still due may come; then the server is closed.
 */
export class Relay {
  readonly #server: Transport;
  readonly #pending = new Set<string | number>();
  #clientEnded = false;

  constructor(client: Transport, server: Transport) {
    this.#server = server;
    client.onmessage = (message) => {
      if ('method' in message && 'id' in message) this.#pending.add(message.id);
      // A server that is gone is reported by its end.
      server.send(message).catch(() => {});
    };
    server.onmessage = (message) => {
      void client.send(message);
      this.#settle(message);
    };
  }

  /** The client's input has ended. */
  clientEnded(): void {
    this.#clientEnded = true;
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
