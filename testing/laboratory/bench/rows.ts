import type { Figures } from './measure.ts';

export type Unit = 'ms' | 'MB/s' | 'MB' | 'tokens';

/** A line of the table: a thing against its baseline of the same run. */
export interface Row {
  readonly name: string;
  readonly unit: Unit;
  readonly value: number;
  readonly p99: number | undefined;
  readonly baseline: string | undefined;
  readonly baselineValue: number | undefined;
  readonly baselineP99: number | undefined;
  /** How many times worse than the baseline: for a speed, how many times slower. */
  readonly ratio: number | undefined;
  readonly aim: number | undefined;
  readonly met: boolean | undefined;
}

export interface Against {
  readonly unit?: Unit;
  readonly aim?: number;
  readonly baseline?: readonly [name: string, figures: Figures];
}

export function row(name: string, { p50, p99 }: Figures, { unit = 'ms', aim, baseline }: Against): Row {
  const [baselineName, theirs] = baseline ?? [];
  const ratio = theirs === undefined ? undefined : unit === 'MB/s' ? theirs.p50 / p50 : p50 / theirs.p50;
  return {
    name,
    unit,
    value: p50,
    p99,
    baseline: baselineName,
    baselineValue: theirs?.p50,
    baselineP99: theirs?.p99,
    ratio,
    aim,
    met: aim === undefined || ratio === undefined ? undefined : ratio <= aim,
  };
}

/** In columns: ratio, aim and whether it is met, what, and the figures behind. */
export function table(rows: readonly Row[]): string {
  const widest = Math.max(...rows.map(({ name }) => name.length));
  const lines = rows.map((line) => {
    const { name, ratio, aim, met, value, baseline, baselineValue, p99, baselineP99 } = line;
    const show = (figure: number) => figure.toFixed(figure < 10 ? 2 : figure < 100 ? 1 : 0);
    const times = ratio === undefined ? '' : `${ratio.toFixed(2)}×`;
    const target = aim === undefined ? '' : `${met ? 'met ' : 'MISS'} ${aim}×`;
    const against = baselineValue === undefined ? '' : `; ${baseline}: ${show(baselineValue)}`;
    const tail =
      p99 === undefined || baselineP99 === undefined ? '' : `; p99 ${show(p99)} against ${show(baselineP99)}`;
    const figures = `${show(value)} ${line.unit}${against}${tail}`;
    return [times.padStart(7), target.padEnd(10), name.padEnd(widest), figures].join('  ').trimEnd();
  });
  return ['  ratio  aim         what', ...lines, ''].join('\n');
}
