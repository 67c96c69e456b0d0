import { joined, ours, type Shown } from '@spendwise/sandbox/shown';
import type { Theme } from '@spendwise/sandbox/theme';
import { widthOf } from '@spendwise/sandbox/wrapped';

/** Facts in as few lines as they fit into, behind a margin. One that is wider than the window is broken between words. */
export function packed(facts: readonly Shown[], margin: Shown, window = Number.POSITIVE_INFINITY): Shown[] {
  const lines: Shown[] = [];
  const parts = facts.map((fact, at) => (at === facts.length - 1 ? fact : ours`${fact},`));
  const fits = (line: Shown) => widthOf(line) < window;
  for (const part of parts.flatMap((own) =>
    fits(ours`${margin}${own}`) ? own : (own.split(' ') as Shown[]),
  )) {
    const longer = ours`${lines.at(-1) ?? margin} ${part}`;
    if (lines.length > 0 && fits(longer)) lines[lines.length - 1] = longer;
    else lines.push(ours`${margin}${part}`);
  }
  return lines;
}

/** Each line with its facts beside it where all fit into the window; else with the facts below it. */
export function withFacts(
  lines: readonly Shown[],
  facts: readonly (readonly Shown[])[],
  theme: Theme,
  window = Number.POSITIVE_INFINITY,
): Shown[] {
  const beside = lines.map((line, at) => {
    const own = joined(facts[at] ?? [], ', ');
    return own === '' ? line : ours`${line}${theme.plain ? ours`,` : ours` `} ${theme.dim(own)}`;
  });
  if (theme.plain) return beside;
  if (beside.every((line) => widthOf(line) < window)) return beside;
  return lines.flatMap((line, at) => [line, ...packed(facts[at] ?? [], ours`  `, window).map(theme.dim)]);
}
