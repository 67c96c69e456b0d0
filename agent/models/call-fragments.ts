import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { FunctionCall } from './model.ts';

/** A piece of a call as Chat Completions streams it. Servers differ in all of it. */
export const CallFragment = z.looseObject({
  index: z.number().nullish(),
  id: z.string().nullish(),
  function: z
    .looseObject({
      name: z.string().nullish(),
      /** A string everywhere but in a few servers, which send the object. */
      arguments: z.union([z.string(), z.looseObject({})]).nullish(),
    })
    .nullish(),
});
export type CallFragment = z.infer<typeof CallFragment>;

/** Puts calls together from their pieces, in the order in which they began. */
export class CallFragments {
  readonly #calls: { id: string; name: string; arguments: string }[] = [];
  /** The last call that began under an index. */
  readonly #byIndex = new Map<number, { id: string; name: string; arguments: string }>();

  /** Returns what was added, so that the caller can count it. */
  add(fragment: CallFragment): string {
    const { name, arguments: args } = fragment.function ?? {};
    const id = fragment.id || undefined;
    const index = fragment.index ?? undefined;
    let call = index === undefined ? this.#calls.at(-1) : this.#byIndex.get(index);
    // Some servers send index 0 with every call, and some a new id with every piece: a name under another id, or
    // without index and id, is another call.
    const begins = name && (id === undefined ? index === undefined : call?.id !== '' && id !== call?.id);
    if (call === undefined || begins) {
      call = { id: '', name: '', arguments: '' };
      this.#calls.push(call);
      if (index !== undefined) this.#byIndex.set(index, call);
    }
    if (call.id === '' && id !== undefined) call.id = id;
    // The name comes whole, and in some servers again with each piece.
    if (name) call.name = name;
    const added = typeof args === 'string' ? args : args ? JSON.stringify(args) : '';
    call.arguments += added;
    return added + (name ?? '');
  }

  /** Every call; one without an id gets one of ours, for its result must be told from others. */
  get calls(): FunctionCall[] {
    return this.#calls.map(({ id, name, arguments: args }) => ({
      callId: id || `call_${randomUUID()}`,
      name,
      arguments: args,
    }));
  }
}
