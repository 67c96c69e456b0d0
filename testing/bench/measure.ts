/** One thing to time: resolves in milliseconds. */
export type Sample = () => Promise<number>;

export interface Ratio {
  readonly name: string;
  readonly baseline: string;
  /** Medians, in milliseconds. */
  readonly ms: number;
  readonly baselineMs: number;
  /** 99th percentiles, where there are enough samples. */
  readonly p99?: number;
  readonly baselineP99?: number;
  readonly ratio: number;
  readonly aim: number | undefined;
}

/**
 * Medians of a thing and its baseline, taken in turns in one run: these machines are noisy, and what disturbs one
 * disturbs the other.
 */
export async function compare(
  [name, sample]: [string, Sample],
  [baseline, baselineSample]: [string, Sample],
  { rounds, aim }: { rounds: number; aim?: number },
): Promise<Ratio> {
  const times: number[] = [];
  const baselineTimes: number[] = [];
  await sample();
  await baselineSample();
  for (let round = 0; round < rounds; round += 1) {
    baselineTimes.push(await baselineSample());
    times.push(await sample());
  }
  const [ours, theirs] = [percentiles(times), percentiles(baselineTimes)];
  return {
    name,
    baseline,
    ms: ours.p50,
    baselineMs: theirs.p50,
    ...(rounds >= 100 ? { p99: ours.p99, baselineP99: theirs.p99 } : {}),
    ratio: ours.p50 / theirs.p50,
    aim,
  };
}

export function percentiles(values: readonly number[]): { p50: number; p99: number } {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}
