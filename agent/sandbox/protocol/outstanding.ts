import type { RequestId } from '@modelcontextprotocol/sdk/types.js';

/**
 * Requests that wait for the server's answer. Each gets a number of ours instead of its own id, so a server can answer only
 * what it was asked, and only once.
 */
export class Outstanding<T extends { readonly clientId: RequestId | undefined }> {
  #last = 0;
  readonly #asked = new Map<number, T>();
  readonly #ofClient = new Map<RequestId, number>();

  /** The id under which the server is to be asked. */
  ask(request: T): number {
    this.#last += 1;
    this.#asked.set(this.#last, request);
    if (request.clientId !== undefined) this.#ofClient.set(request.clientId, this.#last);
    return this.#last;
  }

  /** The request that an answer belongs to, if there is one. The id "1" is not 1. */
  take(id: unknown): T | undefined {
    const request = typeof id === 'number' ? this.#asked.get(id) : undefined;
    if (request === undefined) return undefined;
    this.#asked.delete(id as number);
    if (request.clientId !== undefined && this.#ofClient.get(request.clientId) === id)
      this.#ofClient.delete(request.clientId);
    return request;
  }

  find(id: number): T | undefined {
    return this.#asked.get(id);
  }

  /** The id under which the server knows a client's request. */
  idOf(clientId: RequestId): number | undefined {
    return this.#ofClient.get(clientId);
  }

  all(): T[] {
    return [...this.#asked.values()];
  }
}
