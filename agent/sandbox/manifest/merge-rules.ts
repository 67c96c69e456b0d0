import type { Field, HttpRule } from './http-rules.ts';
import { mergeShapes } from './infer-shape.ts';
import type { JsonShape } from './json-shape.ts';

/** Rules with the same key differ in lengths and ranges alone. */
export const ruleKey = (rule: HttpRule): string =>
  JSON.stringify(rule, (_name, value) => (typeof value === 'number' ? 0 : value));

/** Of two rules with one key: all that either takes, by the wider of each length and range. Pure. */
export function mergeRules(a: HttpRule, b: HttpRule): HttpRule {
  return {
    ...a,
    ...(a.query && b.query && { query: mergeFields(a.query, b.query) }),
    ...(a.form && b.form && { form: mergeFields(a.form, b.form) }),
    ...(a.json !== undefined && b.json !== undefined && { json: mergeShapes(a.json, b.json) as JsonShape }),
  };
}

type Fields = Readonly<Record<string, Field>>;

const mergeFields = (a: Fields, b: Fields): Record<string, Field> =>
  Object.fromEntries(Object.entries(a).map(([name, field]) => [name, mergeField(field, b[name] ?? field)]));

function mergeField(a: Field, b: Field): Field {
  if ('maxLength' in a && 'maxLength' in b) return { ...a, maxLength: Math.max(a.maxLength, b.maxLength) };
  if (!('integer' in a) || !('integer' in b)) return a;
  const min = Math.min(a.integer.min, b.integer.min);
  return { ...a, integer: { min, max: Math.max(a.integer.max, b.integer.max) } };
}
