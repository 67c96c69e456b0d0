import { InvalidArgumentError } from 'commander';
import { parseDate } from '../spending/periods.ts';

/** Options that several commands share, and their parsers. */
export function dateArgument(text: string): Temporal.PlainDate {
  const date = parseDate(text);
  if (date === undefined) throw new InvalidArgumentError('Use a calendar date, YYYY-MM-DD.');
  return date;
}

export function wholeNumberArgument(text: string): number {
  const number = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(number))
    throw new InvalidArgumentError('Use a whole number.');
  return number;
}

export function positiveNumberArgument(text: string): number {
  const number = wholeNumberArgument(text);
  if (number < 1 || number > 100_000) throw new InvalidArgumentError('Use a whole number from 1 to 100000.');
  return number;
}

/** For several numbers in one argument. */
export const numbersArgument = (text: string, before: readonly number[] | undefined): number[] => [
  ...(before ?? []),
  wholeNumberArgument(text),
];

/** The end of a command's help. Lines fit a window of 50 columns. */
export const examples = (...lines: readonly string[]): string =>
  `\nExample${lines.length === 1 ? '' : 's'}:\n${lines.map((line) => `  ${line}`).join('\n')}`;
