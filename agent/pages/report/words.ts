import { grouped, joined, ours, type Shown, shown } from '@spendwise/sandbox/shown';
import { decimalOf, formatAmount } from '../../spending/money.ts';
import { type Html, html } from '../html.ts';

/** A name of others in a sentence of ours. A page keeps its direction of writing apart. */
interface Name {
  readonly name: Shown;
}

/** What a page and a terminal say alike. */
export type Sentence = readonly (Shown | Name)[];

const MAX_NAME = 60;

export const nameOf = (text: string): Name => ({ name: shown(text, MAX_NAME) });

/** Our own words with names, amounts and other sentences in them. */
export const said = (
  words: TemplateStringsArray,
  ...values: readonly (Shown | Name | Sentence)[]
): Sentence => words.flatMap((own, at) => [own as Shown, values[at] ?? []].flat());

export const asText = (sentence: Sentence): Shown =>
  joined(
    sentence.map((part) => (typeof part === 'string' ? part : part.name)),
    '',
  );

export const asHtml = (sentence: Sentence): Html =>
  html`${sentence.map((part) => (typeof part === 'string' ? html`${unbroken(part)}` : html`<bdi>${part.name}</bdi>`))}`;

/** No line ends between a currency and its amount, or a day and its month. */
const unbroken = (words: Shown): Shown =>
  words.replace(/\b([A-Z]{3}|\d{1,2}) (?=-?\d|[A-Z][a-z])/g, '$1\u00a0') as Shown;

/** "CHF 1,949.50" */
export const money = (minor: number, currency: string): Shown =>
  ours`${shown(currency, 8)} ${amount(minor, currency)}`;

/** "1,949.50". Decimals only if there are any. */
export const amount = (minor: number, currency: string): Shown => inThousands(formatAmount(minor, currency));

/** For columns: "1,949.00". */
export const fullAmount = (minor: number, currency: string): Shown => inThousands(decimalOf(minor, currency));

const inThousands = (decimal: string): Shown =>
  shown(decimal.replace(/\B(?<!\.\d*)(?=(\d{3})+(?!\d))/g, ','));

/** For charts, in few characters: "1,949", "12.3K", "4bn"; rounded to whole units from ten on. */
export function short(minor: number, currency: string): Shown {
  const [whole = '0', fraction] = formatAmount(Math.abs(minor), currency).split('.');
  if (whole.length === 1 && fraction !== undefined) return amount(minor, currency);
  const units = BigInt(whole) + ((fraction ?? '0') >= '5' ? 1n : 0n);
  const text = units < 10_000n ? units.toLocaleString('en-GB') : COMPACT.format(units);
  return shown(`${minor < 0 ? '-' : ''}${text}`);
}

const COMPACT = new Intl.NumberFormat('en-GB', { notation: 'compact', maximumFractionDigits: 1 });

/** "one budget", "12 budgets". */
export const count = (number: number, what: string, many = `${what}s`): Shown =>
  shown(`${NUMBERS[number] ?? grouped(number)} ${number === 1 ? what : many}`);

const NUMBERS = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];
