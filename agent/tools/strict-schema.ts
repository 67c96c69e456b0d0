type Json = Record<string, unknown>;

/**
 * Keywords that OpenAI's strict mode refuses, or that cost too many tokens in every request (the pattern of an ISO date
 * takes 150). The server checks them anyway.
 */
const DROPPED = new Set([
  '$schema',
  'default',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'pattern',
  'format',
]);
const UNSUPPORTED = ['$ref', 'allOf', 'oneOf', 'not', 'patternProperties', 'if', 'dependentSchemas'];

/**
 * A tool's input schema in OpenAI's strict form: all properties required, optional ones nullable, no additional ones. A
 * schema that has no such form is passed on unchanged, as not strict.
 */
export function toStrictSchema(schema: Json): { parameters: Json; strict: boolean } {
  const strict = convert(schema);
  return strict ? { parameters: strict, strict: true } : { parameters: schema, strict: false };
}

function convert(schema: Json): Json | undefined {
  if (UNSUPPORTED.some((keyword) => keyword in schema)) return undefined;
  const out: Json = {};
  for (const [keyword, value] of Object.entries(schema)) if (!DROPPED.has(keyword)) out[keyword] = value;
  if (Array.isArray(schema.anyOf)) {
    const options = (schema.anyOf as Json[]).map(convert);
    if (options.includes(undefined)) return undefined;
    // What differs only in what was dropped.
    out.anyOf = [...new Map(options.map((option) => [JSON.stringify(option), option])).values()];
  }
  if (isObject(schema.items)) {
    const items = convert(schema.items);
    if (!items) return undefined;
    out.items = items;
  }
  if (schema.type !== 'object') return out;
  if (isObject(schema.additionalProperties) || schema.additionalProperties === true) return undefined;
  const required = new Set(schema.required as string[] | undefined);
  const properties: Json = {};
  for (const [name, property] of Object.entries((schema.properties ?? {}) as Record<string, Json>)) {
    const converted = convert(property);
    if (!converted) return undefined;
    properties[name] = required.has(name) ? converted : nullable(converted);
  }
  return { ...out, properties, required: Object.keys(properties), additionalProperties: false };
}

function nullable(schema: Json): Json {
  if (Array.isArray(schema.anyOf)) return { ...schema, anyOf: [...schema.anyOf, { type: 'null' }] };
  const types = [schema.type].flat().filter((type) => type !== undefined);
  if (types.length === 0 || types.includes('null')) return schema;
  const values = Array.isArray(schema.enum) ? { enum: [...schema.enum, null] } : {};
  return { ...schema, type: [...types, 'null'], ...values };
}

export function withoutProperties(schema: Json, names: readonly string[]): Json {
  if (names.length === 0 || !isObject(schema.properties)) return schema;
  const kept = Object.entries(schema.properties).filter(([name]) => !names.includes(name));
  const required = schema.required as string[] | undefined;
  return {
    ...schema,
    properties: Object.fromEntries(kept),
    ...(required === undefined ? {} : { required: required.filter((name) => !names.includes(name)) }),
  };
}

/** Undoes `nullable` in the model's arguments: a null for an optional property means that it is absent. */
export function dropAbsent(args: Json, schema: Json): Json {
  const properties = (schema.properties ?? {}) as Record<string, Json>;
  const required = new Set(schema.required as string[] | undefined);
  const out: Json = {};
  for (const [name, value] of Object.entries(args)) {
    const property = properties[name];
    if (value === null && property !== undefined && !required.has(name)) continue;
    out[name] = property !== undefined && isObject(value) ? dropAbsent(value, property) : value;
  }
  return out;
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
