import type { ConversationItem } from './model.ts';

/**
 * The items of an answer, with an id of its own for each call: results are told apart by it. A call that is there
 * twice, to the letter, is one call; another call under a used id gets a new one, here and in what is replayed.
 */
export function distinctCalls(items: readonly ConversationItem[]): ConversationItem[] {
  const said = new Set<string>();
  const ids = new Set<string>();
  /** The last number that was tried for an id: equal ids must not begin anew each. */
  const tried = new Map<string, number>();
  const distinct: ConversationItem[] = [];
  for (const item of items) {
    if (item.type !== 'function_call') {
      distinct.push(item);
      continue;
    }
    const call = JSON.stringify([item.call_id, item.name, item.arguments]);
    if (said.has(call)) continue;
    said.add(call);
    let id = item.call_id;
    let n = tried.get(id) ?? 1;
    while (ids.has(id)) {
      n += 1;
      id = `${item.call_id}_${n}`;
    }
    tried.set(item.call_id, n);
    ids.add(id);
    distinct.push(id === item.call_id ? item : { ...item, call_id: id });
  }
  return distinct;
}
