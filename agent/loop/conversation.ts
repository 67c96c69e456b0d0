import type { ConversationItem } from '../models/model.ts';

/**
 * Of what earlier turns put into a request: all of it is sent again with each. A token is a byte at least, so that a run
 * has three requests under its bound even in the worst case, and dozens in most.
 */
export const MAX_CONVERSATION_BYTES = 100_000;

/** What was said so far, from turn to turn. */
export class Conversation {
  #items: ConversationItem[] = [];
  #forgot = false;

  get items(): readonly ConversationItem[] {
    return this.#items;
  }

  /** True when its beginning is gone. */
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
   * Forgets the oldest turns until the rest fits, and returns how many. Whole ones, each from what the person said to what
   * they said next: endpoints refuse a call without its output.
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
