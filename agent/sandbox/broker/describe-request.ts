import { type HttpAccess, HttpRule } from '../manifest/http-rules.ts';
import { inferFields, inferShape, isLong, pathTemplate } from '../manifest/infer-shape.ts';
import { type HttpRequest, matchRules } from './match-rules.ts';

/** Of a description as JSON: it goes into the audit log. */
const MAX_BYTES = 3_000;
type Env = Readonly<Record<string, string | undefined>>;

/**
 * The narrowest rule that would let a request through, with no value of it: names of fields, lengths, number of digits, and
 * `{env:NAME}` or `equalsEnv` for what a granted variable holds. Undefined where no rule can say it, or none of that size.
 */
export function describeRequest(request: HttpRequest, access: HttpAccess, env: Env): HttpRule | undefined {
  const [path = '', search = ''] = request.target.split('?');
  const { body, method } = request;
  if (path.length > MAX_BYTES || (body !== undefined && 'multipart' in body)) return undefined;
  const given = new URLSearchParams(search);
  if (access.credential?.type === 'query') given.delete(access.credential.name);
  const query = inferFields(given, env);
  const form = body && 'form' in body ? inferFields(body.form, env) : {};
  const json = body && 'json' in body ? inferShape(body.json, env) : true;
  if (query === undefined || form === undefined || json === undefined) return undefined;
  const described: HttpRule = {
    method,
    path: pathTemplate(path, env),
    ...(Object.keys(query).length > 0 && { query }),
    ...(body && 'form' in body && { form }),
    ...(body && 'json' in body && { json }),
  };
  const text = JSON.stringify(described);
  if (Buffer.byteLength(text) > MAX_BYTES || holdsValue(text, env)) return undefined;
  // Headers that an existing rule requires are not described.
  const passes = matchRules({ ...access, rules: [described] }, request, env).ok;
  return passes && HttpRule.safeParse(described).success ? described : undefined;
}

const holdsValue = (text: string, env: Env): boolean =>
  Object.values(env).some((value) => isLong(value) && text.includes(value as string));
