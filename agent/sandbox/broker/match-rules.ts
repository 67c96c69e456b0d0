import type { Field, HttpAccess, HttpRule } from '../manifest/http-rules.ts';
import { pathTemplate } from '../manifest/infer-shape.ts';
import { shapeProblem } from '../manifest/json-shape.ts';

/** Read, as far as somebody looks into it. */
export type HttpBody =
  | { readonly form: URLSearchParams }
  | { readonly json: unknown }
  | { readonly multipart: Buffer };

export interface HttpRequest {
  readonly method: string;
  /** Path and query as received, not decoded. */
  readonly target: string;
  /** Undefined without one. */
  readonly body: HttpBody | undefined;
  /** In small letters, as Node has them. */
  readonly headers?: Readonly<Record<string, string | string[] | undefined>>;
}

type Env = Readonly<Record<string, string | undefined>>;

export type RuleVerdict =
  | { readonly ok: true; readonly rule: HttpRule }
  | { readonly ok: false; readonly reason: string };

/** The first rule that matches a request, or why none does. Each field at most once; unlisted fields match no rule. Pure. */
export function matchRules(access: HttpAccess, request: HttpRequest, env: Env): RuleVerdict {
  const [path = '', ...queries] = request.target.split('?');
  if (!path.startsWith('/') || queries.length > 1) return refuse('the target is not a plain path');
  if (/[%\\]|\/\.{0,2}(\/|$)/.test(path.replace(/^\/$/, '')))
    return refuse('the path holds escapes, dot or empty segments');
  const query = new URLSearchParams(queries[0] ?? '');
  // The broker puts it in: whatever the server has in its place is not sent.
  if (access.credential?.type === 'query') query.delete(access.credential.name);
  let reason: string | undefined;
  for (const rule of access.rules) {
    if (rule.method !== request.method || !pathMatches(rule.path, path, env)) continue;
    const problem =
      fieldsProblem('query', rule.query ?? {}, query, env) ??
      headersProblem(rule.headers ?? {}, request.headers ?? {}, env) ??
      bodyProblem(rule, request.body, env);
    if (problem === undefined) return { ok: true, rule };
    reason = problem;
  }
  return refuse(reason ?? `no rule for ${request.method} ${pathTemplate(path, env)}`);
}

const refuse = (reason: string): RuleVerdict => ({ ok: false, reason });

function pathMatches(template: string, path: string, env: Env): boolean {
  const [wanted, given] = [template.split('/'), path.split('/')];
  return (
    wanted.length === given.length &&
    wanted.every((segment, at) => segmentMatches(segment, given[at] ?? '', env))
  );
}

function segmentMatches(template: string, segment: string, env: Env): boolean {
  const [, before = '', name, after = ''] = /^([^{]*)\{(any|env:[^}]+)\}([^{]*)$/.exec(template) ?? [];
  if (name === undefined) return template === segment;
  if (!segment.startsWith(before) || !segment.endsWith(after)) return false;
  const value = segment.slice(before.length, segment.length - after.length);
  if (segment.length < before.length + after.length) return false;
  return name === 'any'
    ? /^[A-Za-z0-9_-]+$/.test(value)
    : value !== '' && value === env[name.slice('env:'.length)];
}

function bodyProblem(rule: HttpRule, body: HttpBody | undefined, env: Env): string | undefined {
  if (rule.form !== undefined)
    return body !== undefined && 'form' in body
      ? fieldsProblem('form', rule.form, body.form, env)
      : 'a form-encoded body is needed';
  if (rule.json !== undefined)
    return body !== undefined && 'json' in body
      ? shapeProblem(rule.json, body.json, env, 'json')
      : 'a JSON body is needed';
  if (rule.multipart === undefined) return body === undefined ? undefined : 'a body is not allowed here';
  if (body === undefined || !('multipart' in body)) return 'a multipart body is needed';
  return body.multipart.length <= rule.multipart.maxBytes ? undefined : 'the body is too large';
}

/** Headers that are not listed are not refused: they are dropped. */
function headersProblem(
  fields: Readonly<Record<string, Field>>,
  given: NonNullable<HttpRequest['headers']>,
  env: Env,
): string | undefined {
  for (const [name, field] of Object.entries(fields)) {
    const value = given[name.toLowerCase()];
    if (value === undefined && !field.optional) return `header ${name} is missing`;
    if (value !== undefined && !(typeof value === 'string' && fieldMatches(field, value, env)))
      return `header ${name} has a value that is not allowed`;
  }
  return undefined;
}

function fieldsProblem(
  where: string,
  fields: Readonly<Record<string, Field>>,
  given: URLSearchParams,
  env: Env,
): string | undefined {
  // #region fields
  for (const name of new Set(given.keys())) {
    if (!Object.hasOwn(fields, name)) return `${where} field ${printable(name)} is not allowed`;
    if (given.getAll(name).length > 1) return `${where} field ${name} stands there more than once`;
  }
  for (const [name, field] of Object.entries(fields)) {
    const value = given.get(name);
    if (value === null && field.optional) continue;
    if (value === null) return `${where} field ${name} is missing`;
    if (!fieldMatches(field, value, env)) return `${where} field ${name} has a value that is not allowed`;
  }
  // #endregion
  return undefined;
}

function fieldMatches(field: Field, value: string, env: Env): boolean {
  if ('equals' in field) return value === field.equals;
  if ('equalsEnv' in field) return value !== '' && value === env[field.equalsEnv];
  if ('maxLength' in field) return value.length <= field.maxLength;
  const number = Number(value);
  return /^\d{1,15}$/.test(value) && number >= field.integer.min && number <= field.integer.max;
}

const printable = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?').slice(0, 40);
