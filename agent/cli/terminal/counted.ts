import { type Shown, shown } from '@spendwise/sandbox/shown';

/** "1 text", "2 texts". */
export const counted = (count: number, what: string): Shown =>
  shown(`${count} ${what}${count === 1 ? '' : 's'}`);
