import type { Shown } from '@spendwise/sandbox/shown';

/** A place in a drawing, to a tenth of a pixel. */
export const px = (place: number): number => Math.round(place * 10) / 10;

/** "1,234" */
export const grouped = (count: number): Shown => count.toLocaleString('en-GB') as Shown;
