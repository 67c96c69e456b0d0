import type { Field, HttpAccess, HttpRule } from '../manifest/http-rules.ts';

export interface HttpRequest {
  readonly method: string;
  /** Path and query as received, not decoded. */
  readonly target: string;
  /** Undefined without a body. */
  readonly form: URLSearchParams | undefined;
}

export type RuleVerdict =
  | { readonly ok: true; readonly rule: HttpRule }
  | { readonly ok: false; readonly reason: string };

/** The first rule that matches a request, or why none does. Each field at most once; unlisted fields match no rule. Pure. */
export function matchRules(
  access: HttpAccess,
  request: HttpRequest,
  env: Readonly<Record<string, string | undefined>>,
): RuleVerdict {
  const [path = '', ...queries] = request.target.split('?');
  if (!path.startsWith('/') || queries.length > 1) return refuse('the target is not a plain path');
  if (/[%\\]|\/\.{0,2}(\/|$)/.test(path.replace(/^\/$/, '')))
    return refuse('the path holds escapes, dot or empty segments');
  const query = new URLSearchParams(queries[0] ?? '');
  let reason = `no rule for ${request.method} ${path}`;
  for (const rule of access.rules) {
    if (rule.method !== request.method || !pathMatches(rule.path, path, env)) continue;
    const problem =
      fieldsProblem('query', rule.query ?? {}, query, env) ?? formProblem(rule, request.form, env);
    if (problem === undefined) return { ok: true, rule };
    reason = problem;
  }
  return refuse(reason);
}

const refuse = (reason: string): RuleVerdict => ({ ok: false, reason });

function pathMatches(
  template: string,
  path: string,
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  const [wanted, given] = [template.split('/'), path.split('/')];
  return (
    wanted.length === given.length &&
    wanted.every((segment, at) => segmentMatches(segment, given[at] ?? '', env))
  );
}

function segmentMatches(
  template: string,
  segment: string,
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  const [, before = '', name, after = ''] = /^([^{]*)\{(any|env:[^}]+)\}([^{]*)$/.exec(template) ?? [];
  if (name === undefined) return template === segment;
  if (!segment.startsWith(before) || !segment.endsWith(after)) return false;
  const value = segment.slice(before.length, segment.length - after.length);
  if (segment.length < before.length + after.length) return false;
  return name === 'any'
    ? /^[A-Za-z0-9_-]+$/.test(value)
    : value !== '' && value === env[name.slice('env:'.length)];
}

function formProblem(
  rule: HttpRule,
  form: URLSearchParams | undefined,
  env: Readonly<Record<string, string | undefined>>,
) {
  if (rule.form === undefined) return form === undefined ? undefined : 'a body is not allowed here';
  return form === undefined ? 'a form-encoded body is needed' : fieldsProblem('form', rule.form, form, env);
}

function fieldsProblem(
  where: string,
  fields: Readonly<Record<string, Field>>,
  given: URLSearchParams,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
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
  return undefined;
}

function fieldMatches(
  field: Field,
  value: string,
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  if ('equals' in field) return value === field.equals;
  if ('equalsEnv' in field) return value !== '' && value === env[field.equalsEnv];
  if ('maxLength' in field) return value.length <= field.maxLength;
  const number = Number(value);
  return /^\d{1,15}$/.test(value) && number >= field.integer.min && number <= field.integer.max;
}

const printable = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?').slice(0, 40);
