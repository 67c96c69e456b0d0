type Json = unknown;
type Fields = Readonly<Record<string, Json>>;

/**
 * Converts lists of similar objects to `{"columns":[…],"rows":[[…],…]}`, at any depth, so that each name costs tokens
 * once. A missing field is null. A list that would not get shorter stays as it is.
 */
export function asTables(value: Json): Json {
  if (Array.isArray(value)) {
    const items = value.map(asTables);
    return items.length > 1 && items.every(isFields) ? shorter(items, tableOf(items)) : items;
  }
  if (!isFields(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, asTables(field)]));
}

function tableOf(items: readonly Fields[]): Json {
  const columns = [...new Set(items.flatMap(Object.keys))];
  return { columns, rows: items.map((item) => columns.map((name) => item[name] ?? null)) };
}

const shorter = (list: Json, table: Json): Json =>
  JSON.stringify(table).length < JSON.stringify(list).length ? table : list;

const isFields = (value: Json): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
