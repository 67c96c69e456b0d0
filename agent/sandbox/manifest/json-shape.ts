import { z } from 'zod';
import { EnvName } from './env-name.ts';
import { variantsInWords } from './mistakes.ts';
import { isSafePattern, patternMatches } from './pattern.ts';

const Scalar = z.union([z.string().max(1000), z.number(), z.boolean(), z.null()]);
const count = z.number().int().min(0);

/**
 * What a JSON value may be: a subset of JSON Schema that is closed. Fields that are not listed are refused, texts and
 * lists have a length. `true` stands for any value; `equalsEnv` for the operator's value of a granted variable.
 */
export type JsonShape =
  | true
  | { readonly const: z.infer<typeof Scalar> }
  | { readonly enum: readonly z.infer<typeof Scalar>[] }
  | { readonly equalsEnv: string }
  | { readonly anyOf: readonly JsonShape[] }
  | { readonly type: 'boolean' | 'null' }
  | { readonly type: 'integer' | 'number'; readonly minimum?: number; readonly maximum?: number }
  | {
      readonly type: 'string';
      readonly maxLength: number;
      readonly minLength?: number;
      readonly pattern?: string;
    }
  | {
      readonly type: 'array';
      readonly items: JsonShape;
      readonly maxItems: number;
      readonly minItems?: number;
    }
  | {
      readonly type: 'object';
      readonly properties: Readonly<Record<string, JsonShape>>;
      readonly required?: readonly string[];
    };

export const JsonShape: z.ZodType<JsonShape, JsonShape> = z
  .lazy(() =>
    z.union(
      [
        z.literal(true),
        z.strictObject({ const: Scalar }),
        z.strictObject({ enum: z.array(Scalar).min(1).max(1000) }),
        z.strictObject({ equalsEnv: EnvName }),
        z.strictObject({ anyOf: z.array(JsonShape).min(1).max(20) }),
        z.strictObject({ type: z.enum(['boolean', 'null']) }),
        z.strictObject({
          type: z.enum(['integer', 'number']),
          minimum: z.number().exactOptional(),
          maximum: z.number().exactOptional(),
        }),
        z.strictObject({
          type: z.literal('string'),
          maxLength: count,
          minLength: count.exactOptional(),
          pattern: z
            .string()
            .max(1000)
            .refine(isSafePattern, 'must be a pattern that RE2 takes: no look-around, no back-reference')
            .exactOptional(),
        }),
        z.strictObject({
          type: z.literal('array'),
          items: JsonShape,
          maxItems: count,
          minItems: count.exactOptional(),
        }),
        z
          .strictObject({
            type: z.literal('object'),
            properties: z.record(z.string(), JsonShape),
            required: z.array(z.string()).exactOptional(),
          })
          .refine(
            ({ properties, required = [] }) => required.every((name) => Object.hasOwn(properties, name)),
            {
              path: ['required'],
              error: 'names a field that is not in "properties"',
            },
          ),
      ],
      { error: variantsInWords },
    ),
  )
  .meta({ id: 'JsonShape' });

/** The variables that a shape refers to. */
export function shapeVariables(shape: JsonShape): string[] {
  if (shape === true) return [];
  if ('equalsEnv' in shape) return [shape.equalsEnv];
  if ('anyOf' in shape) return shape.anyOf.flatMap(shapeVariables);
  if ('properties' in shape) return Object.values(shape.properties).flatMap(shapeVariables);
  return 'items' in shape ? shapeVariables(shape.items) : [];
}

type Env = Readonly<Record<string, string | undefined>>;

/** Why a value is not of a shape, naming the field; undefined when it is. `at` is the field's name. Pure. */
export function shapeProblem(shape: JsonShape, value: unknown, env: Env, at: string): string | undefined {
  if (shape === true) return undefined;
  if ('anyOf' in shape) {
    const problems = shape.anyOf.map((one) => shapeProblem(one, value, env, at));
    return problems.includes(undefined) ? undefined : problems.at(-1);
  }
  if ('properties' in shape) return objectProblem(shape, value, env, at);
  if ('items' in shape) {
    if (!Array.isArray(value)) return `${at} must be a list`;
    if (value.length > shape.maxItems || value.length < (shape.minItems ?? 0))
      return `${at} has ${value.length} items, which is not allowed`;
    return firstOf(value.entries(), ([index, item]) =>
      shapeProblem(shape.items, item, env, `${at}[${index}]`),
    );
  }
  return isAllowed(shape, value, env) ? undefined : `${at} has a value that is not allowed`;
}

type Object_ = Extract<JsonShape, { type: 'object' }>;

function objectProblem({ properties, required = [] }: Object_, value: unknown, env: Env, at: string) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return `${at} must be an object`;
  const missing = required.find((name) => !Object.hasOwn(value, name));
  if (missing !== undefined) return `${under(at, missing)} is missing`;
  return firstOf(Object.entries(value), ([name, field]) => {
    const shape = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (shape === undefined) return `${under(at, name)} is not allowed`;
    return shapeProblem(shape, field, env, under(at, name));
  });
}

type Plain = Exclude<JsonShape, true | { anyOf: unknown } | { properties: unknown } | { items: unknown }>;

function isAllowed(shape: Plain, value: unknown, env: Env): boolean {
  if ('const' in shape) return value === shape.const;
  if ('enum' in shape) return shape.enum.includes(value as never);
  if ('equalsEnv' in shape)
    return typeof value === 'string' && value !== '' && value === env[shape.equalsEnv];
  if ('maxLength' in shape) {
    if (typeof value !== 'string') return false;
    const { maxLength, minLength = 0, pattern } = shape;
    return (
      value.length <= maxLength &&
      value.length >= minLength &&
      (pattern === undefined || patternMatches(pattern, value))
    );
  }
  if (shape.type === 'boolean') return typeof value === 'boolean';
  if (shape.type === 'null') return value === null;
  if (typeof value !== 'number' || (shape.type === 'integer' && !Number.isInteger(value))) return false;
  const { minimum = -Infinity, maximum = Infinity } = shape as { minimum?: number; maximum?: number };
  return value >= minimum && value <= maximum;
}

function firstOf<T>(items: Iterable<T>, problem: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = problem(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

const under = (at: string, name: string): string =>
  `${at}.${name.replace(/[^\x20-\x7e]/g, '?').slice(0, 40)}`.slice(0, 400);
