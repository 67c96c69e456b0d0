import { UsageError } from '@spendwise/sandbox/errors';
import { shown } from '@spendwise/sandbox/shown';

const MAX_NAME = 60;
/** Maximum characters of a merchant, a description or a rule's text. */
export const MAX_TEXT = 200;

/** The one that a person means by `text`: its exact name, else the only one with that name in any case. */
export function named<T extends { readonly name: string }>(all: readonly T[], text: string, what: string): T {
  const exact = all.find(({ name }) => name === text);
  if (exact !== undefined) return exact;
  const wanted = folded(text);
  const alike = all.filter(({ name }) => folded(name) === wanted);
  const [only, ...others] = alike;
  if (only !== undefined && others.length === 0) return only;
  if (only !== undefined)
    throw new UsageError(`more than one ${what} is called "${text}"`, `write it exactly: ${listed(alike)}`);
  const close = closest(all, wanted);
  throw new UsageError(
    `there is no ${what} "${text}"`,
    close === undefined ? `there are: ${listed(all)}` : `did you mean "${close}"? There are: ${listed(all)}`,
  );
}

/** A name that a person gives to something new. Throws UsageError if it does not fit or another one has it. */
export function newName(text: string, others: readonly string[], what: string): string {
  const name = ownText(text, `the name of the ${what}`, MAX_NAME);
  if (name === '') throw new UsageError(`the ${what} needs a name`, 'give it one, such as "Food"');
  const taken = others.find((other) => folded(other) === folded(name));
  if (taken !== undefined)
    throw new UsageError(`the name "${taken}" is taken by another ${what}`, 'choose another name');
  return name;
}

/** Text that a person writes, in one line. Throws UsageError if it is too long, or is not all visible. */
export function ownText(text: string, what: string, most = MAX_TEXT): string {
  if (text.length > most)
    throw new UsageError(`${what} has ${text.length} characters`, `use at most ${most}`);
  const clean = text.normalize('NFC').trim().replace(/ +/g, ' ');
  // A person could not tell it from another, and a terminal might obey it.
  if (shown(clean, most) !== clean)
    throw new UsageError(
      `${what} has control or hidden characters`,
      'write letters, digits and signs in one line',
    );
  return clean;
}

/** For comparing without case. */
export const folded = (text: string): string => text.normalize('NFC').toLowerCase();

const MOST_LISTED = 12;

function listed(all: readonly { readonly name: string }[]): string {
  if (all.length === 0) return 'none';
  const names = all.slice(0, MOST_LISTED).map(({ name }) => name);
  return names.join(', ') + (all.length > MOST_LISTED ? ` and ${all.length - MOST_LISTED} more` : '');
}

/** Contains what was written, or differs in up to a third of its letters. */
function closest(all: readonly { readonly name: string }[], wanted: string): string | undefined {
  const ranked = all.map(({ name }) => {
    const own = folded(name);
    return { name, far: wanted !== '' && own.includes(wanted) ? 0 : distance(own, wanted) };
  });
  const [best] = ranked.sort((a, b) => a.far - b.far);
  return best !== undefined && best.far <= Math.ceil(wanted.length / 3) ? best.name : undefined;
}

/** Levenshtein's: how many letters must be added, removed or replaced. */
function distance(from: string, to: string): number {
  if (Math.abs(from.length - to.length) > MAX_NAME) return Number.POSITIVE_INFINITY;
  let row = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (const [at, letter] of [...from].entries()) {
    const next = [at + 1];
    for (let column = 1; column <= to.length; column += 1) {
      const replaced = (row[column - 1] ?? 0) + (letter === to[column - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
