import { z } from 'zod';
import { EnvName } from './env-name.ts';
import { variantsInWords } from './mistakes.ts';
import { isSafePattern, patternMatches } from './pattern.ts';

const Scalar = z.union([z.string().max(1000), z.number(), z.boolean(), z.null()]);
const count = z.number().int().min(0);
/** Comparisons in one value: more would keep us busy for seconds, and shape and value may both be a stranger's. */
const MAX_STEPS = 5_000_000;
/** A character of a pattern's text counts as so many: that is what RE2 may take at worst. */
const PATTERN_STEPS = 500;
const MAX_PATTERN = 200;
const MAX_PATTERN_TEXT = 1_000;

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
        z
          .strictObject({
            type: z.literal('string'),
            maxLength: count,
            minLength: count.exactOptional(),
            pattern: z
              .string()
              .max(MAX_PATTERN)
              .refine(isSafePattern, 'must be an RE2 pattern: no look-around, no back-reference')
              .exactOptional(),
          })
          .refine(({ pattern, maxLength }) => pattern === undefined || maxLength <= MAX_PATTERN_TEXT, {
            path: ['maxLength'],
            error: `must be at most ${MAX_PATTERN_TEXT} when there is a pattern`,
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
  const comparison = new Comparison(env);
  const problem = comparison.problem(shape, value, at);
  return comparison.tooLong ? `${at} takes too long to compare` : problem;
}

type ObjectShape = Extract<JsonShape, { type: 'object' }>;
type PlainShape = Exclude<
  JsonShape,
  true | { anyOf: unknown } | { properties: unknown } | { items: unknown }
>;

class Comparison {
  readonly #env: Env;
  #steps = 0;

  constructor(env: Env) {
    this.#env = env;
  }

  get tooLong(): boolean {
    return this.#steps > MAX_STEPS;
  }

  problem(shape: JsonShape, value: unknown, at: string): string | undefined {
    this.#steps += 1;
    if (this.tooLong) return at;
    if (shape === true) return undefined;
    if ('anyOf' in shape) return this.#noneOf(shape.anyOf, value, at);
    if ('properties' in shape) return this.#objectProblem(shape, value, at);
    if ('items' in shape) {
      if (!Array.isArray(value)) return `${at} must be a list`;
      if (value.length > shape.maxItems || value.length < (shape.minItems ?? 0))
        return `${at} has ${value.length} items, which is not allowed`;
      return firstOf(value.entries(), ([index, item]) => this.problem(shape.items, item, `${at}[${index}]`));
    }
    return this.#isAllowed(shape, value) ? undefined : `${at} has a value that is not allowed`;
  }

  #noneOf(shapes: readonly JsonShape[], value: unknown, at: string): string | undefined {
    let last: string | undefined;
    for (const shape of shapes) {
      last = this.problem(shape, value, at);
      if (last === undefined) return undefined;
    }
    return last;
  }

  #objectProblem({ properties, required = [] }: ObjectShape, value: unknown, at: string): string | undefined {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return `${at} must be an object`;
    this.#steps += required.length;
    const missing = required.find((name) => !Object.hasOwn(value, name));
    if (missing !== undefined) return `${under(at, missing)} is missing`;
    return firstOf(Object.entries(value), ([name, field]) => {
      const shape = Object.hasOwn(properties, name) ? properties[name] : undefined;
      if (shape === undefined) return `${under(at, name)} is not allowed`;
      return this.problem(shape, field, under(at, name));
    });
  }

  #isAllowed(shape: PlainShape, value: unknown): boolean {
    if ('const' in shape) return value === shape.const;
    if ('enum' in shape) {
      this.#steps += shape.enum.length;
      return shape.enum.includes(value as never);
    }
    if ('equalsEnv' in shape)
      return typeof value === 'string' && value !== '' && value === this.#env[shape.equalsEnv];
    if ('maxLength' in shape) return this.#isText(shape, value);
    if (shape.type === 'boolean') return typeof value === 'boolean';
    if (shape.type === 'null') return value === null;
    if (typeof value !== 'number' || (shape.type === 'integer' && !Number.isInteger(value))) return false;
    const { minimum = -Infinity, maximum = Infinity } = shape as { minimum?: number; maximum?: number };
    return value >= minimum && value <= maximum;
  }

  #isText(shape: Extract<JsonShape, { type: 'string' }>, value: unknown): boolean {
    const { maxLength, minLength = 0, pattern } = shape;
    if (typeof value !== 'string' || value.length > maxLength || value.length < minLength) return false;
    if (pattern === undefined) return true;
    this.#steps += value.length * PATTERN_STEPS;
    return !this.tooLong && patternMatches(pattern, value);
  }
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
