type Json = unknown;
type Fields = Readonly<Record<string, Json>>;

/**
 * Converts lists of similar objects to `{"columns":[…],"rows":[[…],…]}`, at any depth, so that each name costs tokens
 * once. What is the same in all rows is in `every_row`. A missing field is null. A list that would not get shorter stays
 * as it is.
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
  const names = [...new Set(items.flatMap(Object.keys))];
  const cell = (item: Fields, name: string): Json => item[name] ?? null;
  const columns = names.filter(
    (name) => new Set(items.map((item) => JSON.stringify(cell(item, name)))).size > 1,
  );
  const same = names.filter((name) => !columns.includes(name));
  return {
    ...(same.length === 0
      ? {}
      : { every_row: Object.fromEntries(same.map((name) => [name, cell(items[0] as Fields, name)])) }),
    columns,
    rows: items.map((item) => columns.map((name) => cell(item, name))),
  };
}

const shorter = (list: Json, table: Json): Json =>
  JSON.stringify(table).length < JSON.stringify(list).length ? table : list;

const isFields = (value: Json): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
