import { joined, ours, padded, type Shown } from '@spendwise/sandbox/shown';
import type { Style, Theme } from '@spendwise/sandbox/theme';
import { cut, widthOf } from '@spendwise/sandbox/wrapped';

export interface Column {
  readonly title: Shown;
  readonly align?: 'right';
  /** May be cut to this width; by default it is never cut. */
  readonly least?: number;
  /** Left out where the window is too narrow for all. */
  readonly optional?: true;
}

export type Cell = Shown | { readonly text: Shown; readonly paint: Style };

const GAP = 2;
const textOf = (cell: Cell): Shown => (typeof cell === 'string' ? cell : cell.text);

/**
 * Rows in columns that fit the window: optional columns are left out, the last first, then the widest are cut. Without a
 * window nothing is. Columns with nothing in them are left out. No lines without rows. In plain words each row is a line
 * that repeats the titles, and nothing is cut.
 */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  theme: Theme,
  window: number | undefined,
): Shown[] {
  if (rows.length === 0) return [];
  if (theme.plain) return rows.map((row) => inWords(columns, row));
  const all = columns.map((column, at) => {
    const cells = rows.map((row) => row[at] ?? ours``);
    const empty = cells.every((cell) => textOf(cell) === '');
    const width = Math.max(widthOf(column.title), ...cells.map((cell) => widthOf(textOf(cell))));
    return { column, cells, empty, width };
  });
  // The last column of a window is left free, as a terminal may break the line there.
  const kept = fitted(
    all.filter(({ empty }) => !empty),
    window === undefined ? Number.POSITIVE_INFINITY : window - 1,
  );
  const line = (cellAt: (column: (typeof kept)[number]) => Cell) =>
    joined(
      kept.map((one, at) => {
        const cell = cellAt(one);
        const text = cut(textOf(cell), one.width);
        // Nothing follows the last column.
        const width = at === kept.length - 1 && one.column.align !== 'right' ? 0 : one.width;
        return typeof cell === 'string' || text === ''
          ? filled(text, width, one.column.align)
          : cell.paint(filled(text, width, one.column.align));
      }),
      ' '.repeat(GAP),
    ).trimEnd() as Shown;
  const titles = kept.some(({ column }) => column.title !== '')
    ? [line(({ column }) => ({ text: column.title, paint: theme.dim }))]
    : [];
  return [...titles, ...rows.map((_, row) => line(({ cells }) => cells[row] ?? ours``))];
}

const inWords = (columns: readonly Column[], row: readonly Cell[]): Shown =>
  joined(
    columns.flatMap(({ title }, at) => {
      const text = textOf(row[at] ?? ours``).trim();
      return text === '' ? [] : (`${title} ${text}`.trim() as Shown);
    }),
    ', ',
  );

interface Sized {
  readonly column: Column;
  readonly width: number;
}

function fitted<T extends Sized>(all: readonly T[], window: number): T[] {
  const least = ({ column, width }: Sized) => Math.min(width, column.least ?? width);
  const total = (columns: readonly T[], width: (one: T) => number) =>
    columns.reduce((sum, one) => sum + width(one) + GAP, -GAP);
  let kept = [...all];
  while (total(kept, least) > window) {
    const last = kept.findLast(({ column }) => column.optional);
    if (last === undefined) break;
    kept = kept.filter((one) => one !== last);
  }
  for (let over = total(kept, ({ width }) => width) - window; over > 0; over -= 1) {
    const widest = kept.filter((one) => one.width > least(one)).sort((a, b) => b.width - a.width)[0];
    if (widest === undefined) break;
    kept = kept.map((one) => (one === widest ? { ...one, width: one.width - 1 } : one));
  }
  return kept;
}

const filled = (text: Shown, width: number, align: Column['align']): Shown => {
  const length = text.length + Math.max(0, width - widthOf(text));
  return padded(text, align === 'right' ? -length : length);
};
