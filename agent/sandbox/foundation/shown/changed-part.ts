import { ours, quoted, type Shown } from './shown.ts';

/** Unchanged characters shown on each side of a change. */
const CONTEXT = 40;
const MOST = 400;

export interface ChangedPart {
  readonly before: Shown;
  readonly after: Shown;
}

/** Where two texts differ, in quotes: what they begin and end with alike is left out, but for some words beside it. */
export function changedPart(before: string, after: string): ChangedPart {
  const shorter = Math.min(before.length, after.length);
  let from = 0;
  while (from < shorter && before[from] === after[from]) from += 1;
  let same = 0;
  while (same < shorter - from && before.at(-1 - same) === after.at(-1 - same)) same += 1;
  const part = (text: string): Shown => {
    const start = between(text, Math.max(0, from - CONTEXT));
    const end = between(text, Math.min(text.length, text.length - same + CONTEXT));
    return ours`${start > 0 ? ours`…` : ours``}${ends(text.slice(start, end))}${end < text.length ? ours`…` : ours``}`;
  };
  return { before: part(before), after: part(after) };
}

/** Shows both ends of a long part: text may have been added at either. */
const ends = (part: string): Shown => {
  if (part.length <= MOST) return quoted(part);
  const [head, tail] = [between(part, MOST / 2), between(part, part.length - MOST / 2)];
  return ours`${quoted(part.slice(0, head))} … ${tail - head} characters … ${quoted(part.slice(tail))}`;
};

/** Never in the middle of a character. */
const between = (text: string, at: number): number =>
  at > 0 && at < text.length && /^[\udc00-\udfff]/.test(text.slice(at, at + 1)) ? at - 1 : at;
