import { plainText } from '../foundation/plain-text.ts';
import type { EgressEvent } from '../plan/egress.ts';
import type { Attempt, AttemptClass } from './attempt.ts';
import type { ReceivedRequest } from './listeners.ts';
import { SECRET_PATTERN } from './place.ts';

/**
 * This process must not keep what a server writes. A line of 10 MB, the longest that is taken, leaves up to some 260 MB
 * behind until the collector comes (measured: the SDK copies its buffer with each chunk); `limits/stderr` writes more
 * than this bound.
 */
const MAX_GROWTH = 400 * 1024 * 1024;

/** Headers that the broker passes on, or makes. */
const PASSED_ON = new Set(
  'host authorization content-type content-length accept accept-encoding user-agent connection'.split(' '),
);

/** What an attempt left behind, on both sides. */
export interface Traces {
  readonly observed: string;
  /** By listeners that nobody inside may reach. */
  readonly heard: readonly string[];
  readonly requests: readonly ReceivedRequest[];
  readonly egress: readonly EgressEvent[];
  /** What the broker puts into `Authorization`. */
  readonly credential: string;
  readonly bearer: string;
  /** Bytes by which this process grew. */
  readonly growth: number;
}

export interface Outcome {
  readonly id: string;
  readonly class: string;
  readonly attempt: string;
  readonly expected: string;
  readonly observed: string;
  readonly held: boolean;
  /** False when it was not tried: nothing guards against it here, or what it needs is missing; `held` is false too. */
  readonly run: boolean;
}

/** Every sign of an escape that the traces hold; none: it held. */
export function signsOfEscape(attempt: Attempt, traces: Traces): string[] {
  const { observed, heard, requests, egress, growth } = traces;
  const signs: string[] = [];
  if (!attempt.expected.test(observed)) signs.push('not what was expected');
  if (heard.length > 0) signs.push(`heard outside: ${[...new Set(heard)].join(', ')}`);
  const reached = requests
    .map(({ method, target }) => `${method} ${target}`)
    .filter((request) => !attempt.mayReach?.test(request));
  if (reached.length > 0) signs.push(`reached the API: ${reached.join(', ')}`);
  if (attempt.reaches) {
    const [request] = requests;
    if (requests.length !== 1 || request === undefined)
      signs.push(`${requests.length} requests reached the API`);
    else {
      if (!attempt.reaches.body.test(request.body)) signs.push('another body reached the API');
      const credential = attempt.reaches.bearer ? traces.bearer : traces.credential;
      if (request.headers.authorization !== credential) signs.push('another credential reached the API');
      const strange = Object.keys(request.headers).filter((name) => !PASSED_ON.has(name));
      if (strange.length > 0) signs.push(`headers that reached the API: ${strange.join(', ')}`);
    }
  }
  const token = traces.credential.replace(/^Basic /, '');
  if (token.length >= 8 && observed.includes(token)) signs.push('the credential was read');
  if (SECRET_PATTERN.test(observed)) signs.push('a secret was read');
  if (attempt.recorded && !isRecorded(attempt.recorded, egress)) signs.push('not on record');
  if (growth > MAX_GROWTH) signs.push(`the host grew by ${Math.round(growth / 1024 / 1024)} MB`);
  return signs;
}

export const isRecorded = (denial: RegExp, egress: readonly EgressEvent[]): boolean =>
  egress.some(
    ({ verdict, host, port, reason }) => verdict === 'denied' && denial.test(`${host}:${port} ${reason}`),
  );

export function outcome(of: AttemptClass, attempt: Attempt, traces: Traces): Outcome {
  const signs = signsOfEscape(attempt, traces);
  const seen = shown(traces.observed.replaceAll(new RegExp(SECRET_PATTERN, 'g'), '(the secret)'));
  return {
    ...described(of, attempt),
    observed: signs.length === 0 ? seen : `${seen} [${shown(signs.join('; '))}]`,
    held: signs.length === 0,
    run: true,
  };
}

export const notRun = (of: AttemptClass, attempt: Attempt, why: string): Outcome => ({
  ...described(of, attempt),
  observed: why,
  held: false,
  run: false,
});

function described(of: AttemptClass, { id, attempt, expected, recorded }: Attempt) {
  const patterns = [`inside ${expected}`, ...(recorded ? [`on record ${recorded}`] : [])];
  return { id: `${of.name}/${id}`, class: of.name, attempt, expected: `${of.must}: ${patterns.join(', ')}` };
}

const shown = (text: string): string => plainText(text).replace(/\s+/g, ' ').trim().slice(0, 300);
