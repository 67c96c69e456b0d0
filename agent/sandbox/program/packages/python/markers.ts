import { Failed } from '../../../foundation/errors.ts';

/** Of a Python, by the names that markers have for it: https://packaging.python.org/specifications/dependency-specifiers/ */
export type MarkerEnvironment = Readonly<Record<string, string>>;

const notUnderstood = (marker: string): Failed =>
  new Failed(
    `a dependency has a marker that is not understood: ${marker.slice(0, 200)}`,
    'run the server from an image: registry "oci"',
  );

const TOKEN = /\s*(?:([()])|(===|~=|==|!=|<=|>=|<|>)|'([^']*)'|"([^"]*)"|([a-z_]+))/y;
const MAX_TOKENS = 400;

interface Token {
  readonly kind: 'sign' | 'operator' | 'text' | 'word';
  readonly value: string;
}

/**
 * Whether a dependency under this marker is wanted, for a package that was asked for with these extras. Throws Failed for a
 * marker whose meaning is not certain: a guess would fetch another set of packages than Python's own tools do.
 */
export function holds(marker: string, environment: MarkerEnvironment, extras: ReadonlySet<string>): boolean {
  const tokens = tokensOf(marker);
  const unclear = () => notUnderstood(marker);
  let at = 0;
  const take = (): Token => {
    const token = tokens[at];
    if (token === undefined) throw unclear();
    at += 1;
    return token;
  };
  const takes = (value: string): boolean => {
    const token = tokens[at];
    const found = token !== undefined && token.kind !== 'text' && token.value === value;
    if (found) at += 1;
    return found;
  };
  const operatorOf = ({ kind, value }: Token): string => {
    if (kind !== 'operator' && !(kind === 'word' && value === 'in')) throw unclear();
    return value;
  };
  const either = (): boolean => {
    let value = both();
    while (takes('or')) value = both() || value;
    return value;
  };
  const both = (): boolean => {
    let value = one();
    while (takes('and')) value = one() && value;
    return value;
  };
  const one = (): boolean => {
    if (takes('(')) {
      const value = either();
      if (!takes(')')) throw unclear();
      return value;
    }
    const left = take();
    const operator = `${takes('not') ? 'not ' : ''}${operatorOf(take())}`;
    const right = take();
    if (left.value === 'extra' && left.kind === 'word' && right.kind === 'text' && operator === '==')
      return extras.has(normalized(right.value));
    const [a, b] = [left, right].map(({ kind, value }) =>
      kind === 'text' ? value : Object.hasOwn(environment, value) ? environment[value] : undefined,
    );
    if (a === undefined || b === undefined || left.kind === right.kind) throw unclear();
    const result = compared(a, operator, b);
    if (result === undefined) throw unclear();
    return result;
  };
  const result = either();
  if (at !== tokens.length) throw unclear();
  return result;
}

function tokensOf(marker: string): Token[] {
  const tokens: Token[] = [];
  const text = marker.trimEnd();
  TOKEN.lastIndex = 0;
  for (let at = 0; at < text.length; at = TOKEN.lastIndex) {
    const found = TOKEN.exec(text);
    if (found === null || tokens.length === MAX_TOKENS) throw notUnderstood(marker);
    const [, sign, operator, single, double, word] = found;
    if (sign !== undefined) tokens.push({ kind: 'sign', value: sign });
    else if (operator !== undefined) tokens.push({ kind: 'operator', value: operator });
    else if (word !== undefined) tokens.push({ kind: 'word', value: word });
    else tokens.push({ kind: 'text', value: single ?? double ?? '' });
  }
  return tokens;
}

/** As versions where both are, else as texts. Undefined where the specification gives it no meaning. */
function compared(a: string, operator: string, b: string): boolean | undefined {
  if (operator === 'in') return b.includes(a);
  if (operator === 'not in') return !b.includes(a);
  const wildcard = /^(\d+(?:\.\d+)*)\.\*$/.exec(b)?.[1];
  if (wildcard !== undefined && (operator === '==' || operator === '!='))
    return `${a}.`.startsWith(`${wildcard}.`) === (operator === '==');
  const [left, right] = [release(a), release(b)];
  if (left === undefined || right === undefined) {
    if (operator === '==' || operator === '===') return a === b;
    return operator === '!=' ? a !== b : undefined;
  }
  const order =
    left.map((part, index) => part - (right[index] ?? 0)).find((difference) => difference !== 0) ?? 0;
  switch (operator) {
    case '==':
      return order === 0;
    case '===':
      return a === b;
    case '!=':
      return order !== 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
    default:
      return undefined;
  }
}

const PHASES = { a: -3, b: -2, rc: -1 } as const;

/** Five parts of the release, then the phase before it and its number. Undefined for anything but such a version. */
function release(version: string): number[] | undefined {
  const found = /^(\d{1,9}(?:\.\d{1,9}){0,4})(?:(a|b|rc)(\d{1,9}))?\+?$/.exec(version);
  if (found === null) return undefined;
  const [, numbers = '', phase, serial = '0'] = found;
  const parts = numbers.split('.').map(Number);
  const before = phase === undefined ? 0 : PHASES[phase as keyof typeof PHASES];
  return [...parts, ...Array<number>(5 - parts.length).fill(0), before, Number(serial)];
}

/** The one form in which names of packages and extras are compared: My_Pkg and my.pkg are my-pkg. */
export const normalized = (name: string): string => name.toLowerCase().replace(/[-_.]+/g, '-');
