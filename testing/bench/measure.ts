/** One thing to time: resolves in milliseconds. */
export type Sample = () => Promise<number>;

export interface Ratio {
  readonly name: string;
  readonly baseline: string;
  /** Medians, in milliseconds. */
  readonly ms: number;
  readonly baselineMs: number;
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
  const [ms, baselineMs] = [median(times), median(baselineTimes)];
  return { name, baseline, ms, baselineMs, ratio: ms / baselineMs, aim };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
