import type { ConversationItem } from '../models/model.ts';

/**
 * Maximum bytes of earlier turns, which are sent again with each request. A token has at least one byte, so even in the
 * worst case a run has three requests within its token limit.
 */
export const MAX_CONVERSATION_BYTES = 100_000;

export class Conversation {
  #items: ConversationItem[] = [];
  #forgot = false;

  get items(): readonly ConversationItem[] {
    return this.#items;
  }

  get forgot(): boolean {
    return this.#forgot;
  }

  add(items: readonly ConversationItem[]): void {
    this.#items.push(...items);
  }

  clear(): void {
    this.#items = [];
    this.#forgot = false;
  }

  /**
   * Removes the oldest turns until the rest fits. Returns how many. Removes whole turns, because endpoints refuse a
   * call without its output.
   */
  shorten(maxBytes = MAX_CONVERSATION_BYTES): number {
    const starts = this.#items.flatMap((item, at) => ('role' in item && item.role === 'user' ? [at] : []));
    const bytes = this.#items.map((item) => Buffer.byteLength(JSON.stringify(item)));
    let left = bytes.reduce((sum, each) => sum + each, 0);
    let turns = 0;
    let from = 0;
    while (left > maxBytes && from < bytes.length) {
      turns += 1;
      const next = starts[turns] ?? bytes.length;
      for (; from < next; from += 1) left -= bytes[from] ?? 0;
    }
    this.#items = this.#items.slice(from);
    this.#forgot ||= turns > 0;
    return turns;
  }
}
