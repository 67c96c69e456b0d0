import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';

/** Something that holds for all that a workload may send. */
export interface FuzzProperty {
  readonly name: string;
  /** Cases in `npm test`. */
  readonly cases: number;
  /** Parts of 100 of the cases of `npm run fuzz`: as many as its speed allows. */
  readonly share: number;
  /** Made anew for each run; `close` ends what it needed. */
  readonly open: () => Promise<{ property: fc.IRawProperty<unknown>; close?: () => Promise<void> }>;
}

/** One that needs nothing but its input. */
export function fuzz<T>(
  name: string,
  { cases, share }: { cases: number; share: number },
  input: fc.Arbitrary<T>,
  holds: (input: T) => void | Promise<void>,
): FuzzProperty {
  let calls = 0;
  const property = fc.asyncProperty(input, async (value) => {
    await holds(value);
    // Streams end in a later turn, which promises alone never let come.
    calls += 1;
    if (calls % 50 === 0) await turn();
  }) as fc.IRawProperty<unknown>;
  return { name, cases, share, open: async () => ({ property }) };
}

/** Bytes cut at any places. */
export const inPieces = (bytes: fc.Arbitrary<Buffer>, most = 40): fc.Arbitrary<Buffer[]> =>
  fc.tuple(bytes, fc.array(fc.nat({ max: 4_000 }), { maxLength: most })).map(([all, cuts]) => cut(all, cuts));

export function cut(all: Buffer, cuts: readonly number[]): Buffer[] {
  const places = cuts.map((at) => at % (all.length + 1)).sort((a, b) => a - b);
  return [0, ...places].map((from, n) => all.subarray(from, places[n] ?? all.length));
}

/** What mutation does to bytes: some are changed, a part is removed, doubled or put elsewhere, the end is cut off. */
export const mutated = (bytes: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> =>
  fc.tuple(bytes, fc.array(mutation, { maxLength: 4 })).map(([original, mutations]) => {
    let result = Buffer.from(original);
    for (const { kind, at, size, value } of mutations) {
      const from = at % (result.length + 1);
      const part = result.subarray(from, from + size);
      const [before, after] = [result.subarray(0, from), result.subarray(from + size)];
      if (kind === 'set' && from < result.length) result[from] = value;
      else if (kind === 'remove') result = Buffer.concat([before, after]);
      else if (kind === 'double') result = Buffer.concat([before, part, part, after]);
      else if (kind === 'insert') result = Buffer.concat([before, Buffer.alloc(size, value), part, after]);
      else if (kind === 'end') result = Buffer.from(before);
    }
    return result;
  });

const mutation = fc.record({
  kind: fc.constantFrom('set', 'set', 'set', 'remove', 'double', 'insert', 'end'),
  at: fc.nat({ max: 5_000 }),
  size: fc.integer({ min: 1, max: 20 }),
  value: fc.oneof(fc.constantFrom(0, 1, 0x0a, 0x0d, 0x20, 0x7f, 0xff), fc.nat({ max: 255 })),
});

export const randomBytes = (maxLength: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ maxLength }).map((bytes) => Buffer.from(bytes));
