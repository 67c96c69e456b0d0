import { type BuiltIn, builtInProfiles } from './built-in.ts';
import { columnsByContent, columnsByName, type FoundColumns } from './find-columns.ts';
import { type Aspect, guessDates, guessDecimal, guessSign } from './guesses.ts';
import { CsvProfile, DELIMITERS } from './profile.ts';
import { type Sample, sampleOf } from './sample.ts';

/** What the user has said: it is not guessed. */
export type Settled = Partial<Omit<CsvProfile, 'columns'>> & { columns?: Partial<CsvProfile['columns']> };

export type Understanding =
  | {
      readonly ok: true;
      readonly profile: CsvProfile;
      /** What was guessed, for a preview. The import must ask for those that are not certain. */
      readonly aspects: readonly Aspect[];
      /** The built-in profile whose header row this is. */
      readonly builtIn?: string;
    }
  | { readonly ok: false; readonly reason: string; readonly flag: 'delimiter' | 'columns' };

/** Guesses how to read a CSV file from its first part. `whole`: the part is all of it. */
export function understand(text: string, { whole = false, settled = {} as Settled } = {}): Understanding {
  const delimiters = settled.delimiter === undefined ? DELIMITERS : [settled.delimiter];
  const samples = delimiters.map((delimiter) => sampleOf(text, delimiter, whole, settled.header));
  const [best, next] = samples.toSorted((a, b) => b.score - a.score);
  if (best === undefined || best.data.length === 0) {
    const reason = 'no rows with both a date and an amount';
    return { ok: false, reason, flag: settled.delimiter === undefined ? 'delimiter' : 'columns' };
  }
  const builtIn = builtInProfiles.find((each) => matches(each, best));
  if (builtIn !== undefined && Object.keys(settled).length === 0) {
    return { ok: true, profile: builtIn.profile, aspects: [], builtIn: builtIn.name };
  }
  const found = columnsByName(best, settled.columns) ?? columnsByContent(best, settled.columns);
  if (found === undefined)
    return { ok: false, reason: 'which column has the date, or the amount', flag: 'columns' };
  return understood(best, found, settled, (next?.fitting ?? 0) < best.fitting);
}

const matches = ({ profile, signature }: BuiltIn, { delimiter, names }: Sample): boolean =>
  profile.delimiter === delimiter && signature.every((name) => names.includes(name));

function understood(
  sample: Sample,
  found: FoundColumns,
  settled: Settled,
  delimiterCertain: boolean,
): Understanding {
  const dates = guessDates(sample, found);
  const decimal = guessDecimal(sample, found);
  const read = { dates: settled.dates ?? dates.value, decimal: settled.decimal ?? decimal.value };
  const sign = guessSign(sample, found, read.decimal);
  const profile = CsvProfile.parse({
    delimiter: sample.delimiter,
    header: sample.header,
    columns: found.columns,
    ...read,
    sign: settled.sign ?? sign.value,
  });
  const aspects: Aspect[] = [
    {
      name: 'delimiter',
      value: sample.delimiter,
      certain: delimiterCertain,
      alternatives: [...DELIMITERS],
      why: `${sample.data.length} rows have dates and amounts`,
    },
    {
      name: 'columns',
      value: found.summary,
      certain: found.certain,
      alternatives: sample.names,
      why: found.why,
    },
    dates,
    decimal,
    sign,
  ];
  return {
    ok: true,
    profile,
    aspects: aspects.map((each) =>
      each.name in settled ? { ...each, certain: true, why: 'you said so' } : each,
    ),
  };
}
