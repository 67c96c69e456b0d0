/** What a model that can read finds in a tool's result. Refusals come without an envelope, and stay as they are. */
export function openEnvelope(output: unknown): unknown {
  const value = parsed(String(output)) ?? output;
  return value instanceof Object && 'untrusted_data_from' in value && 'data' in value
    ? readTables(value.data)
    : value;
}

/** `{"every_row":{…},"columns":[…],"rows":[[…],…]}` as the list of things that it is. */
function readTables(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(readTables);
  if (typeof value !== 'object' || value === null) return value;
  const {
    columns,
    rows,
    every_row: same,
  } = value as { columns?: unknown; rows?: unknown; every_row?: object };
  if (Array.isArray(columns) && Array.isArray(rows))
    return rows.map((row) => {
      const own = Object.fromEntries(columns.map((name, at) => [name, readTables(row[at])]));
      return { ...(readTables(same ?? {}) as object), ...own };
    });
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, readTables(field)]));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
