import type { Field } from './http-rules.ts';
import type { JsonShape } from './json-shape.ts';

/** What is larger or deeper is not described. */
const MAX_VALUES = 2_000;
const MAX_DEPTH = 8;
/** A name of a field goes on record as it is: no more than a name may fit in. */
const PLAIN_NAME = /^[A-Za-z0-9_.[\]$:/-]{1,64}$/;
const MAX_FIELDS = 60;

type Env = Readonly<Record<string, string | undefined>>;

/** Shorter values stand in ordinary texts as well: as a whole, and within longer ones. */
const SHORTEST = { whole: 4, within: 6 } as const;

/** The granted variable that has this value. */
export const variableWith = (value: string, env: Env): string | undefined =>
  value.length < SHORTEST.whole ? undefined : Object.keys(env).find((name) => env[name] === value);

/** Whether a value is long enough to be looked for within a text. */
export const isLong = (value: string | undefined): value is string =>
  value !== undefined && value.length >= SHORTEST.within;

/** A path with `{env:NAME}` in place of what granted variables hold. */
export const pathTemplate = (path: string, env: Env): string =>
  path
    .split('/')
    .map((segment) => {
      const holds = (name: string) => isLong(env[name]) && segment.includes(env[name]);
      const name = variableWith(segment, env) ?? Object.keys(env).find(holds);
      return name === undefined ? segment : segment.replace(env[name] ?? '', () => `{env:${name}}`);
    })
    .join('/');

/**
 * The narrowest shape without a value of its own: lengths, the number of digits, names of fields. Closed. Undefined for what
 * is too large to describe. Pure.
 */
export function inferShape(value: unknown, env: Env): JsonShape | undefined {
  let left = MAX_VALUES;
  const infer = (part: unknown, depth: number): JsonShape | undefined => {
    left -= 1;
    if (left < 0 || depth > MAX_DEPTH) return undefined;
    if (part === null) return { type: 'null' };
    if (typeof part === 'boolean') return { type: 'boolean' };
    // What has more digits is not read alike by everyone.
    if (typeof part === 'number' && Math.abs(part) > Number.MAX_SAFE_INTEGER) return undefined;
    if (typeof part === 'number')
      return { type: Number.isInteger(part) ? 'integer' : 'number', ...digitRange(part) };
    if (typeof part === 'string') {
      const name = variableWith(part, env);
      return name === undefined ? { type: 'string', maxLength: part.length } : { equalsEnv: name };
    }
    if (Array.isArray(part)) {
      let items: JsonShape | undefined;
      for (const item of part) {
        const shape = infer(item, depth + 1);
        if (shape === undefined) return undefined;
        items = items === undefined ? shape : mergeShapes(items, shape);
      }
      return { type: 'array', items: items ?? { type: 'null' }, maxItems: part.length };
    }
    const names = Object.keys(part as object);
    if (names.length > MAX_FIELDS || !names.every((name) => PLAIN_NAME.test(name))) return undefined;
    const properties: Record<string, JsonShape> = {};
    for (const name of names) {
      const shape = infer((part as Record<string, unknown>)[name], depth + 1);
      if (shape === undefined) return undefined;
      properties[name] = shape;
    }
    return { type: 'object', properties, required: names };
  };
  return infer(value, 0);
}

/** Takes what either takes, and of their lengths and ranges the wider. Pure. */
export function mergeShapes(one: JsonShape, other: JsonShape): JsonShape {
  const merged = [...optionsOf(one)];
  for (const option of optionsOf(other)) {
    const at = merged.findIndex((known) => joinShapes(known, option) !== undefined);
    const joined = at < 0 ? undefined : joinShapes(merged[at] as JsonShape, option);
    if (joined === undefined) merged.push(option);
    else merged[at] = joined;
  }
  const [only] = merged;
  return merged.length === 1 && only !== undefined ? only : { anyOf: merged };
}

const optionsOf = (shape: JsonShape): readonly JsonShape[] =>
  shape !== true && 'anyOf' in shape ? shape.anyOf : [shape];

/** Undefined for shapes of different kinds. */
function joinShapes(a: JsonShape, b: JsonShape): JsonShape | undefined {
  if (JSON.stringify(a) === JSON.stringify(b)) return a;
  if (a === true || b === true || !('type' in a) || !('type' in b)) return undefined;
  if (isNumeric(a) && isNumeric(b)) {
    return {
      type: a.type === b.type ? a.type : 'number',
      minimum: Math.min(a.minimum ?? -Infinity, b.minimum ?? -Infinity),
      maximum: Math.max(a.maximum ?? Infinity, b.maximum ?? Infinity),
    };
  }
  if (a.type === 'string' && b.type === 'string')
    return { type: 'string', maxLength: Math.max(a.maxLength, b.maxLength) };
  if (a.type === 'array' && b.type === 'array') {
    // An empty list has no items to know the shape of.
    const items = a.maxItems === 0 ? b.items : b.maxItems === 0 ? a.items : mergeShapes(a.items, b.items);
    return { type: 'array', items, maxItems: Math.max(a.maxItems, b.maxItems) };
  }
  if (a.type !== 'object' || b.type !== 'object') return undefined;
  const properties: Record<string, JsonShape> = { ...a.properties };
  for (const [name, shape] of Object.entries(b.properties)) {
    const known = Object.hasOwn(properties, name) ? properties[name] : undefined;
    properties[name] = known === undefined ? shape : mergeShapes(known, shape);
  }
  const required = (a.required ?? []).filter((name) => b.required?.includes(name));
  return { type: 'object', properties, required };
}

type Numeric = Extract<JsonShape, { type: 'integer' | 'number' }>;
const isNumeric = (shape: { type: string }): shape is Numeric =>
  shape.type === 'integer' || shape.type === 'number';

/** As many digits, and the same sign. */
function digitRange(number: number): { minimum: number; maximum: number } {
  const digits = String(Math.trunc(Math.abs(number))).length;
  const [low, high] = [
    digits === 1 ? 0 : 10 ** (digits - 1),
    10 ** digits - (Number.isInteger(number) ? 1 : 0),
  ];
  return number < 0 ? { minimum: -high, maximum: low === 0 ? 0 : -low } : { minimum: low, maximum: high };
}

/** The same for the fields of a form or a query. Undefined where a rule cannot say it, or not in a few words. Pure. */
export function inferFields(given: URLSearchParams, env: Env): Record<string, Field> | undefined {
  const fields: Record<string, Field> = {};
  for (const [name, value] of given) {
    if (!PLAIN_NAME.test(name) || Object.hasOwn(fields, name)) return undefined;
    fields[name] = inferField(value, env);
    if (Object.keys(fields).length > MAX_FIELDS) return undefined;
  }
  return fields;
}

function inferField(value: string, env: Env): Field {
  const variable = variableWith(value, env);
  if (variable !== undefined) return { equalsEnv: variable };
  if (!/^(0|[1-9]\d{0,14})$/.test(value)) return { maxLength: value.length };
  const { minimum: min, maximum: max } = digitRange(Number(value));
  return { integer: { min, max } };
}
