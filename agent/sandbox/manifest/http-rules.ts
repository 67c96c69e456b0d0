import { z } from 'zod';
import { EnvName } from './env-name.ts';
import { JsonShape, shapeVariables } from './json-shape.ts';
import { variantsInWords } from './mistakes.ts';

/** By a header's or query field's name the broker finds it again. */
const HEADER = /^[A-Za-z][A-Za-z0-9-]{0,63}$/;
/** They say how a message is framed, where it goes, and who asks: the broker's business alone. */
const OURS =
  /^(host|connection|content-length|content-encoding|transfer-encoding|te|trailer|upgrade|expect|keep-alive|cookie|authorization|accept-encoding|proxy-.*|forwarded|x-forwarded-.*)$/i;
const headerName = z
  .string()
  .regex(HEADER, 'must be the name of a header')
  .refine((name) => !OURS.test(name), 'is a header that the broker writes itself');

/** What a query or form field may hold. `equalsEnv`: the operator's value of a granted variable. */
const Field = z.union(
  [
    z.strictObject({ equals: z.string(), optional: z.boolean().optional() }),
    z.strictObject({ equalsEnv: EnvName, optional: z.boolean().optional() }),
    z.strictObject({ maxLength: z.number().int().min(0), optional: z.boolean().optional() }),
    z.strictObject({
      integer: z.strictObject({ min: z.number().int(), max: z.number().int() }),
      optional: z.boolean().optional(),
    }),
  ],
  { error: variantsInWords },
);
export type Field = z.infer<typeof Field>;

function whyNoPath(written: unknown): string {
  const text = String(written);
  if (text.includes('?')) return 'put the part after the ? into "query"';
  if (text.includes('*')) return 'write {any} instead of *; it stands for one segment';
  if (/[{}]|:[a-z]/i.test(text)) return 'a placeholder is {any} or {env:NAME}';
  if (!text.startsWith('/')) return 'begin with /, and leave out the host';
  return 'between slashes, use letters, digits, . _ ~ -, {any} and {env:NAME}';
}

export const HttpRule = z
  .strictObject({
    method: z
      .string()
      .regex(/^[A-Z-]{1,30}$/, 'must be a method in capitals, such as GET')
      .refine((method) => !['CONNECT', 'TRACE'].includes(method), 'cannot be granted'),
    /** Segments are literal, `{env:NAME}`, or `{any}` (letters, digits, `_`, `-`); a suffix such as `.json` may follow. */
    path: z.string().regex(/^(\/([A-Za-z0-9._~-]|\{any\}|\{env:[A-Za-z_][A-Za-z0-9_]*\})*)+$/, {
      error: ({ input }) => `must be a path template, such as /v1/{any}/items: ${whyNoPath(input)}`,
    }),
    query: z.record(z.string(), Field).optional(),
    /** Headers that pass if they are there; all but a few usual ones are dropped. */
    headers: z.record(headerName, Field).optional(),
    /** At most one of the three. Without any, the request must have no body. */
    form: z.record(z.string(), Field).optional(),
    json: JsonShape.optional(),
    /** Passes as it is, up to so many bytes: nobody looks into it. */
    multipart: z
      .strictObject({
        maxBytes: z
          .number()
          .int()
          .min(1)
          .max(64 * 1024 * 1024),
      })
      .optional(),
  })
  .refine(
    ({ form, json, multipart }) => [form, json, multipart].filter((one) => one !== undefined).length < 2,
    {
      error: 'may have one of "form", "json" and "multipart"',
    },
  );
export type HttpRule = z.infer<typeof HttpRule>;

export const DEFAULT_ANSWER = { maxBytes: 64 * 1024 * 1024, maxSeconds: 45 } as const;

/** What may be asked of a domain over HTTPS, and the credential that the broker puts in. */
export const HttpAccess = z.strictObject({
  rules: z.array(HttpRule).min(1),
  credential: z
    .discriminatedUnion('type', [
      z.strictObject({ type: z.literal('basic'), username: EnvName, password: EnvName }),
      z.strictObject({ type: z.literal('bearer'), token: EnvName }),
      /** Such as `X-Api-Key`. */
      z.strictObject({ type: z.literal('header'), name: headerName, value: EnvName }),
      /** A field of the query, such as `api_key`. */
      z.strictObject({
        type: z.literal('query'),
        name: z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/, 'must be the name of a query field'),
        value: EnvName,
      }),
    ])
    .optional(),
  /** How much an answer may be, and how long it may take; a stream of events passes as it comes. */
  answer: z
    .strictObject({
      maxBytes: z
        .number()
        .int()
        .min(1)
        .max(1024 ** 3)
        .default(DEFAULT_ANSWER.maxBytes),
      maxSeconds: z.number().int().min(1).max(3600).default(DEFAULT_ANSWER.maxSeconds),
    })
    .optional(),
});
export type HttpAccess = z.infer<typeof HttpAccess>;

type Credential = NonNullable<HttpAccess['credential']>;

/** The variable that holds the secret of a credential: the server gets a placeholder in its place. */
export function secretVariable(credential: Credential): string {
  if (credential.type === 'basic') return credential.password;
  return credential.type === 'bearer' ? credential.token : credential.value;
}

/** Every variable that the rules and the credential refer to. */
export function referredVariables({ rules, credential }: HttpAccess): string[] {
  const names = credential ? [secretVariable(credential)] : [];
  if (credential?.type === 'basic') names.push(credential.username);
  for (const rule of rules) {
    if (rule.json !== undefined) names.push(...shapeVariables(rule.json));
    for (const [, name] of rule.path.matchAll(/\{env:([^}]+)\}/g)) names.push(name as string);
    for (const field of [rule.query, rule.headers, rule.form].flatMap((fields) =>
      Object.values(fields ?? {}),
    ))
      if ('equalsEnv' in field) names.push(field.equalsEnv);
  }
  return [...new Set(names)];
}
