/**
 * What can go wrong with a request. `after` means after acceptance: the text goes out, and the caller does not hear
 * of it. Every kind but the first four accepts.
 */
export const FAULT_KINDS = [
  '429',
  '429-retry-after',
  '5xx-before',
  'reset-before',
  '5xx-after',
  'reset-after',
  'slow-drip',
  'bad-json',
  'empty-201',
  'empty-object-201',
  'late',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface Fault {
  readonly kind: FaultKind;
  /** Of `429-retry-after`, in seconds; 1. */
  readonly retryAfter?: number;
  /** Of `5xx-…`; 500. */
  readonly status?: number;
  /** Of `late`, before the answer; of `slow-drip`, between two bytes. */
  readonly ms?: number;
}

export interface RandomFaults {
  /** Share of the requests that get each kind, 0 to 1; together at most 1. */
  readonly rates: Partial<Record<FaultKind, number>>;
  /** The same seed gives the same faults to the same requests, in order. */
  readonly seed: number;
}

export interface Faults {
  /** For the next requests of this method, in turn; before any random one. */
  next(fault: Fault | FaultKind, count?: number, method?: 'POST' | 'GET'): void;
  /** From now on, for POSTs. */
  random(faults: RandomFaults): void;
  clear(): void;
  /** Asked once a request. */
  take(method: string): Fault | undefined;
  /** How often each was given. */
  readonly given: ReadonlyMap<FaultKind, number>;
  /** For the next requests: of each method, in turn. */
  readonly armed: Readonly<Record<string, readonly Fault[]>>;
  /** Kinds that come at random, with their shares. */
  readonly rates: RandomFaults['rates'];
}

export const isBeforeAcceptance = ({ kind }: Fault): boolean => FAULT_KINDS.indexOf(kind) < 4;

export function createFaults(): Faults {
  const queues: Record<string, Fault[]> = { POST: [], GET: [] };
  const given = new Map<FaultKind, number>();
  let rates: readonly (readonly [FaultKind, number])[] = [];
  let random = () => 1;
  const draw = (): Fault | undefined => {
    let left = random();
    for (const [kind, rate] of rates) {
      left -= rate;
      if (left < 0) return { kind };
    }
    return undefined;
  };
  return {
    given,
    armed: queues,
    get rates() {
      return Object.fromEntries(rates.filter(([, rate]) => rate > 0));
    },
    next: (fault, count = 1, method = 'POST') => {
      const one = typeof fault === 'string' ? { kind: fault } : fault;
      for (let n = 0; n < count; n += 1) queues[method]?.push(one);
    },
    random: (faults) => {
      rates = FAULT_KINDS.map((kind) => [kind, faults.rates[kind] ?? 0] as const);
      random = seeded(faults.seed);
    },
    clear: () => {
      for (const queue of Object.values(queues)) queue.length = 0;
      rates = [];
    },
    take: (method) => {
      const fault = queues[method]?.shift() ?? (method === 'POST' ? draw() : undefined);
      if (fault !== undefined) given.set(fault.kind, (given.get(fault.kind) ?? 0) + 1);
      return fault;
    },
  };
}

/** mulberry32: small, and the same everywhere. Numbers from 0 to under 1. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
