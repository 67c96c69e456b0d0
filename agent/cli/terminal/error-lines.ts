import { joined, ours, type Shown, shownLines } from '@spendwise/sandbox/shown';

const MOST = { lines: 60, characters: 2_000 };

/**
 * An error for a person, in two lines. Where a message goes on in more, they are indented: others' words in it may break
 * lines, and must not begin one that looks like ours.
 */
export const errorLines = (message: string, hint: string, error = ours`error:`): Shown =>
  joined([ours`${error} ${goingOn(message)}`, ours`hint: ${goingOn(hint)}`], '\n');

/** The first line stands behind a word of ours. Others may be indented already. */
const goingOn = (text: string): Shown =>
  shownLines(text.trim().replace(/\n +/g, '\n'), INDENT, MOST).slice(INDENT.length) as Shown;

const INDENT = ours`  `;
