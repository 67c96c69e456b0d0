import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';

const MAX_MESSAGES = 1_000;
/** Room for the longest line, and for what came with it. */
const MAX_CHARS = 16 * 1024 * 1024;

/** A queue of server messages that were not delivered yet. */
export class HeldMessages {
  #messages: JSONRPCMessage[] = [];
  #chars = 0;

  /** False when the queue is full: the message is then dropped. */
  add(message: JSONRPCMessage): boolean {
    this.#chars += JSON.stringify(message).length;
    if (this.#messages.length >= MAX_MESSAGES || this.#chars > MAX_CHARS) return false;
    this.#messages.push(message);
    return true;
  }

  /** Delivers messages while `open` returns true; the rest stay in the queue. */
  release(open: () => boolean, take: (message: JSONRPCMessage) => void): void {
    const messages = this.#messages;
    let taken = 0;
    while (taken < messages.length && open()) {
      take(messages[taken] as JSONRPCMessage);
      taken += 1;
    }
    this.#messages = messages.slice(taken);
    this.#chars = this.#messages.length === 0 ? 0 : JSON.stringify(this.#messages).length;
  }
}
