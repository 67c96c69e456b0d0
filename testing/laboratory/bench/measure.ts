/** One thing to time: resolves in its figure, of which less is better unless its unit says otherwise. */
export type Sample = () => Promise<number>;

export interface Figures {
  readonly p50: number;
  /** Only where there are enough samples to tell. */
  readonly p99: number | undefined;
}

const ENOUGH_FOR_P99 = 100;

/**
 * Samples of several things, taken in turns in one run: these machines are noisy, and what disturbs one disturbs the
 * others. Who begins changes, for what one leaves to be tidied up falls to the next. The first round is thrown away.
 */
export async function inTurns<Name extends string>(
  rounds: number,
  samples: Readonly<Record<Name, Sample>>,
): Promise<Record<Name, Figures>> {
  const named = Object.entries(samples) as [Name, Sample][];
  const taken = new Map(named.map(([name]) => [name, [] as number[]]));
  for (let round = 0; round <= rounds; round += 1) {
    const first = round % named.length;
    for (const [name, sample] of [...named.slice(first), ...named.slice(0, first)]) {
      const figure = await sample();
      if (round > 0) taken.get(name)?.push(figure);
    }
  }
  return Object.fromEntries([...taken].map(([name, figures]) => [name, figuresOf(figures)])) as Record<
    Name,
    Figures
  >;
}

/** The thing in the middle, by a figure. */
export function median<Thing>(things: readonly Thing[], figure: (thing: Thing) => number): Thing {
  const sorted = [...things].sort((a, b) => figure(a) - figure(b));
  return sorted[Math.floor(sorted.length / 2)] as Thing;
}

function figuresOf(values: readonly number[]): Figures {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
  return { p50: at(0.5), p99: sorted.length >= ENOUGH_FOR_P99 ? at(0.99) : undefined };
}

/** How long it takes, in milliseconds. */
export const timed =
  (work: () => Promise<unknown>): Sample =>
  async () => {
    const started = performance.now();
    await work();
    return performance.now() - started;
  };
