import { inQuotes } from '../values.ts';
import { checkBalance } from './balance.ts';
import { builtInProfiles, type Known, presentIn } from './built-in.ts';
import { usedColumns, withNames } from './columns.ts';
import { columnsByContent, columnsByName } from './find-columns.ts';
import { guessSign } from './guess-sign.ts';
import { type Aspect, guessDates, guessDecimal } from './guesses.ts';
import type { FoundColumns } from './other-columns.ts';
import { CsvProfile, DELIMITERS } from './profile.ts';
import { type Sample, sampleOf } from './sample.ts';
import { profileWithoutRows } from './without-rows.ts';

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

export interface Given {
  /** The part is all of the file. */
  readonly whole?: boolean;
  /** The name of a built-in profile, whatever the header row says. */
  readonly builtIn?: string | undefined;
  /** What the user has said. */
  readonly settled?: Known;
}

/**
 * Guesses how to read a CSV file from its first part. What the user has said is not guessed.
 */
export function understand(
  text: string,
  { whole = false, builtIn: name, settled = {} }: Given = {},
): Understanding {
  const delimiters = settled.delimiter === undefined ? DELIMITERS : [settled.delimiter];
  const samples = delimiters.map((delimiter) => sampleOf(text, delimiter, whole, settled.header));
  const [best, next] = samples.toSorted((a, b) => b.score - a.score);
  if (best === undefined || best.data.length === 0) {
    const empty = whole ? profileWithoutRows(text) : undefined;
    if (empty !== undefined) return { ok: true, profile: empty, aspects: [] };
    return {
      ok: false,
      reason: 'no rows with both a date and an amount',
      flag: settled.delimiter === undefined ? 'delimiter' : 'columns',
    };
  }
  const builtIn = builtInProfiles.find((each) =>
    name === undefined ? each.signature.every((one) => best.names.includes(one)) : each.name === name,
  );
  const known: Known = { ...builtIn?.known, ...settled };
  const said = withNames(settled.columns ?? {});
  const missing = usedColumns(said).find((name) => !best.names.includes(name));
  if (missing !== undefined)
    return {
      ok: false,
      reason: `no column ${inQuotes(missing)} among ${best.names.map(inQuotes).join(', ')}`,
      flag: 'columns',
    };
  const columns = { ...presentIn(best.names, builtIn?.known.columns ?? {}), ...said };
  const found = columnsByName(best, columns) ?? columnsByContent(best, columns);
  if (found === undefined)
    return {
      ok: false,
      reason: 'it is not clear which columns have the date and the amount',
      flag: 'columns',
    };
  const delimiter: Aspect = {
    name: 'delimiter',
    value: best.delimiter,
    certain: (next?.fitting ?? 0) < best.fitting,
    alternatives: [...DELIMITERS],
    why: `${best.data.length} rows have dates and amounts`,
  };
  return { ok: true, ...profileOf(best, found, known, delimiter), ...(builtIn && { builtIn: builtIn.name }) };
}

function profileOf(sample: Sample, found: FoundColumns, known: Known, delimiter: Aspect) {
  const dates = guessDates(sample, found);
  const decimal = guessDecimal(sample, found);
  const sign = guessSign(sample, found, known.decimal ?? decimal.value);
  const { withFees } = checkBalance(sample, found, known.decimal ?? decimal.value);
  const profile = CsvProfile.parse({
    delimiter: sample.delimiter,
    header: sample.header,
    columns: { ...found.columns, ...(withFees && { fee: found.fee }) },
    dates: known.dates ?? dates.value,
    decimal: known.decimal ?? decimal.value,
    sign: known.sign ?? sign.value,
  });
  const columns: Aspect = {
    name: 'columns',
    value: found.summary,
    certain: found.certain,
    alternatives: sample.names,
    why: found.why,
  };
  const aspects = [delimiter, columns, dates, decimal, sign].map((each) => {
    const said = each.name === 'columns' ? undefined : known[each.name];
    return said === undefined
      ? each
      : { ...each, value: said, certain: true, alternatives: [said], why: 'known' };
  });
  return { profile, aspects };
}
