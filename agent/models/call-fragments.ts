import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { FunctionCall } from './model.ts';

/** A part of a call in the Chat Completions stream. Servers differ in every field. */
export const CallFragment = z.looseObject({
  index: z.number().nullish(),
  id: z.string().nullish(),
  function: z
    .looseObject({
      name: z.string().nullish(),
      /** A string, except in a few servers that send the object. */
      arguments: z.union([z.string(), z.looseObject({})]).nullish(),
    })
    .nullish(),
});
export type CallFragment = z.infer<typeof CallFragment>;

/** Joins calls from their parts, in the order in which they began. */
export class CallFragments {
  readonly #calls: { id: string; name: string; arguments: string }[] = [];
  readonly #byIndex = new Map<number, { id: string; name: string; arguments: string }>();

  /** Returns the added text, so that the caller can count it. */
  add(fragment: CallFragment): string {
    const { name, arguments: args } = fragment.function ?? {};
    const id = fragment.id || undefined;
    const index = fragment.index ?? undefined;
    let call = index === undefined ? this.#calls.at(-1) : this.#byIndex.get(index);
    // Some servers send index 0 with every call, or a new id with every part. A name with another id, or without index
    // and id, starts a new call.
    const begins = name && (id === undefined ? index === undefined : call?.id !== '' && id !== call?.id);
    if (call === undefined || begins) {
      call = { id: '', name: '', arguments: '' };
      this.#calls.push(call);
      if (index !== undefined) this.#byIndex.set(index, call);
    }
    if (call.id === '' && id !== undefined) call.id = id;
    // The name comes complete; some servers repeat it in each part.
    if (name) call.name = name;
    const added = typeof args === 'string' ? args : args ? JSON.stringify(args) : '';
    call.arguments += added;
    return added + (name ?? '');
  }

  /** All calls. A call without an id gets one, to match its result. */
  get calls(): FunctionCall[] {
    return this.#calls.map(({ id, name, arguments: args }) => ({
      callId: id || `call_${randomUUID()}`,
      name,
      arguments: args,
    }));
  }
}
