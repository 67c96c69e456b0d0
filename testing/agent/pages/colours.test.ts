import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const css = readFileSync(new URL('../../../agent/pages/page.css', import.meta.url), 'utf8');
const COLOURS = [...css.matchAll(/--([\w-]+): light-dark\(#(\w{6}), #(\w{6})\);/g)];

/** As WCAG 2.2 defines them. */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] =
    hex.match(/../g)?.map((part) => {
      const value = Number.parseInt(part, 16) / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    }) ?? [];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one: string, other: string): number {
  const [dark = 0, bright = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b);
  return (bright + 0.05) / (dark + 0.05);
}

test.each(['light', 'dark'])('%s: text keeps 4.5:1 on each ground', (scheme) => {
  const colours = new Map(
    COLOURS.map(([, name, light = '', dark = '']) => [name, scheme === 'light' ? light : dark]),
  );
  expect(colours.size).toBeGreaterThanOrEqual(10);
  const of = (name: string) => colours.get(name) ?? '';
  for (const text of ['ink', 'soft', 'accent', 'go', 'stop', 'ask'])
    for (const ground of ['paper', 'card', 'stop-paper'])
      expect(contrast(of(text), of(ground)), `--${text} on --${ground}`).toBeGreaterThanOrEqual(4.5);
});
