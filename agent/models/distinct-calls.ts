import type { ConversationItem } from './model.ts';

/**
 * Gives each call of an answer its own id, because results are matched by id. An exact repetition is removed. Another
 * call with a used id gets a new id, here and in what is replayed.
 */
export function distinctCalls(items: readonly ConversationItem[]): ConversationItem[] {
  const said = new Set<string>();
  const ids = new Set<string>();
  /** The last number tried for each id, so that many equal ids do not take quadratic time. */
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
