import assert from 'node:assert/strict';
import fc from 'fast-check';
import { matchRules } from '../../../../agent/sandbox/broker/match-rules.ts';
import { HttpAccess, type HttpRule } from '../../../../agent/sandbox/manifest/http-rules.ts';
import { fuzz } from '../fuzz-property.ts';

/** What Twilio's rules look like, and rules that overlap with them. */
export const access: HttpAccess = HttpAccess.parse({
  rules: [
    {
      method: 'POST',
      path: '/2010/Accounts/{env:SID}/Messages.json',
      form: {
        To: { equalsEnv: 'OWNER' },
        Body: { maxLength: 20 },
        Kind: { equals: 'sms', optional: true },
        Validity: { integer: { min: 1, max: 60 }, optional: true },
      },
    },
    {
      method: 'GET',
      path: '/2010/Accounts/{env:SID}/Messages/SM{any}.json',
      query: { PageSize: { maxLength: 3 } },
    },
    { method: 'GET', path: '/' },
    { method: 'DELETE', path: '/{any}/-.{env:DOTS}' },
  ],
});
export const env = { SID: 'AC12', OWNER: '+12025550143', DOTS: '..', P: 'secret' };

/** A rule's path as an expression over the whole path: another way than the broker's, segment by segment. */
function pathExpression({ path }: HttpRule): RegExp {
  const parts = path.split(/(\{[^}]+\})/).map((part) => {
    if (part === '{any}') return '[A-Za-z0-9_-]+';
    const name = /^\{env:(.+)\}$/.exec(part)?.[1];
    return RegExp.escape(name === undefined ? part : ((env as Record<string, string>)[name] ?? '\u0000'));
  });
  return new RegExp(`^${parts.join('')}$`);
}

/** Pairs of a form, read without URLSearchParams. */
function pairsOf(text: string): [string, string][] {
  const decode = (part: string) =>
    Buffer.from(
      part
        .replaceAll('+', ' ')
        .replace(/[^\x20-\x7e]/gu, (character) => Buffer.from(character).toString('latin1'))
        .replace(/%([0-9a-f]{2})/gi, (_all, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
      'latin1',
    ).toString('utf8');
  return text
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const at = pair.indexOf('=');
      return at < 0 ? [decode(pair), ''] : [decode(pair.slice(0, at)), decode(pair.slice(at + 1))];
    });
}

/** Whether a request, as raw text, is what a rule describes. `body` undefined: it has none. */
export function fits(rule: HttpRule, method: string, target: string, body: string | undefined): boolean {
  const at = target.indexOf('?');
  const [path, query] = at < 0 ? [target, ''] : [target.slice(0, at), target.slice(at + 1)];
  if (method !== rule.method || !pathExpression(rule).test(path)) return false;
  if ((body === undefined) !== (rule.form === undefined)) return false;
  return fieldsFit(rule.query ?? {}, pairsOf(query)) && fieldsFit(rule.form ?? {}, pairsOf(body ?? ''));
}

function fieldsFit(fields: NonNullable<HttpRule['form']>, pairs: readonly [string, string][]): boolean {
  const names = pairs.map(([name]) => name);
  if (new Set(names).size !== names.length || names.some((name) => !Object.keys(fields).includes(name)))
    return false;
  return Object.entries(fields).every(([name, field]) => {
    const value = pairs.find(([given]) => given === name)?.[1];
    if (value === undefined) return field.optional === true;
    if ('equals' in field) return value === field.equals;
    if ('equalsEnv' in field) return value === (env as Record<string, string>)[field.equalsEnv];
    if ('maxLength' in field) return value.length <= field.maxLength;
    return /^\d+$/.test(value) && Number(value) >= field.integer.min && Number(value) <= field.integer.max;
  });
}

const word = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.constantFrom('2010', 'Accounts', 'AC12', 'Messages.json', 'Messages', 'SM1.json'),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom('', '.', '..', '%2e', '%2F', '\\', '{any}', 'SM.json', '-...', 'a#b', ';'),
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 6 }) },
);
const path = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom('/2010/Accounts/AC12/Messages.json', '/2010/Accounts/AC12/Messages/SM1.json'),
  },
  { weight: 1, arbitrary: fc.constantFrom('/', '/x/-...', '//x/-...', '/x/-..', '/X/-.../') },
  { weight: 2, arbitrary: fc.array(word, { maxLength: 6 }).map((words) => `/${words.join('/')}`) },
);
const name = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('To', 'Body', 'Kind', 'Validity', 'PageSize', 'T%6f', '%54o') },
  { weight: 1, arbitrary: fc.constantFrom('', 'to', 'To[]', '__proto__', 'constructor', 'MediaUrl') },
);
const value = fc.oneof(
  fc.constantFrom(
    '%2B12025550143',
    '+12025550143',
    'sms',
    '7',
    '007',
    '61',
    '1e1',
    '%',
    '%zz',
    '%ff',
    '%00',
    'a&b',
    'x=y',
  ),
  fc.string({ maxLength: 25 }),
);
const pairs = fc
  .array(fc.tuple(name, value), { maxLength: 5 })
  .map((list) => list.map(([key, text]) => `${key}=${text}`).join('&'));
const likely = fc.tuple(
  fc.constantFrom('To=%2B12025550143', 'T%6f=%2b12025550143'),
  fc.constantFrom('&Body=hi', '&Body=', '&Body=%F0%9F%98%80'),
  fc.constantFrom('', '&Kind=sms', '&Validity=60', '&Validity=061', '&To=x', '&'),
);

interface Asked {
  readonly method: string;
  readonly target: string;
  readonly body: string | undefined;
}

/** Most of these are allowed, or nearly. */
const near: fc.Arbitrary<Asked> = fc.oneof(
  likely.map((parts) => ({
    method: 'POST',
    target: '/2010/Accounts/AC12/Messages.json',
    body: parts.join(''),
  })),
  fc
    .tuple(fc.constantFrom('', '?', '?PageSize=50', '?PageSize=5000', '?PageSize=5&PageSize=6', '?x=1'), word)
    .map(([query, id]) => ({
      method: 'GET',
      target: `/2010/Accounts/AC12/Messages/SM${id}.json${query}`,
      body: undefined,
    })),
  fc.constantFrom('/', '/?', '//').map((target) => ({ method: 'GET', target, body: undefined })),
);

/** Requests around what is allowed. */
export const request: fc.Arbitrary<Asked> = fc.oneof(
  near,
  fc.record({
    method: fc.oneof(
      fc.constantFrom('GET', 'POST', 'DELETE'),
      fc.constantFrom('PUT', 'get', 'PATCH', 'HEAD'),
    ),
    target: fc
      .tuple(path, fc.option(fc.oneof(pairs, fc.constantFrom('PageSize=50', '?', ''))))
      .map(([where, query]) => (query === null ? where : `${where}?${query}`)),
    body: fc.option(
      fc.oneof(
        likely.map((parts) => parts.join('')),
        pairs,
      ),
      { nil: undefined },
    ),
  }),
);

export const httpRuleProperties = [
  fuzz(
    'a request that is let through fits its rule, read in another way',
    { cases: 5_000, share: 8 },
    request,
    (asked) => {
      const { method, target, body } = asked;
      const read = body === undefined ? undefined : { form: new URLSearchParams(body) };
      const verdict = matchRules(access, { method, target, body: read }, env);
      if (verdict.ok) assert.ok(fits(verdict.rule, method, target, body), JSON.stringify(verdict.rule));
      else assert.ok(verdict.reason !== '');
    },
  ),
];
