import { z } from 'zod';

const EnvName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of a variable');

/** What a query or form field may hold. `equalsEnv`: the operator's value of a granted variable. */
const Field = z.union([
  z.strictObject({ equals: z.string(), optional: z.boolean().optional() }),
  z.strictObject({ equalsEnv: EnvName, optional: z.boolean().optional() }),
  z.strictObject({ maxLength: z.number().int().min(0), optional: z.boolean().optional() }),
  z.strictObject({
    integer: z.strictObject({ min: z.number().int(), max: z.number().int() }),
    optional: z.boolean().optional(),
  }),
]);
export type Field = z.infer<typeof Field>;

const Rule = z.strictObject({
  method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']),
  /** Segments are literal, `{env:NAME}`, or `{any}` (letters, digits, `_`, `-`); a suffix such as `.json` may follow. */
  path: z
    .string()
    .regex(/^(\/([A-Za-z0-9._~-]|\{any\}|\{env:[A-Za-z_][A-Za-z0-9_]*\})*)+$/, 'must be a path template'),
  query: z.record(z.string(), Field).optional(),
  /** A form-encoded body. Without it the request must have no body. */
  form: z.record(z.string(), Field).optional(),
});
export type HttpRule = z.infer<typeof Rule>;

/** What may be asked of a domain over HTTPS, and the credential that the broker puts in. */
export const HttpAccess = z.strictObject({
  rules: z.array(Rule).min(1),
  credential: z.strictObject({ type: z.literal('basic'), username: EnvName, password: EnvName }).optional(),
});
export type HttpAccess = z.infer<typeof HttpAccess>;

/** Every variable that the rules and the credential refer to. */
export function referredVariables({ rules, credential }: HttpAccess): string[] {
  const names = credential ? [credential.username, credential.password] : [];
  for (const rule of rules) {
    for (const [, name] of rule.path.matchAll(/\{env:([^}]+)\}/g)) names.push(name as string);
    for (const field of Object.values({ ...rule.query, ...rule.form }))
      if ('equalsEnv' in field) names.push(field.equalsEnv);
  }
  return [...new Set(names)];
}
