import { joined, ours, type Shown, shownLines } from '../foundation/shown/shown.ts';

const MOST = { lines: 60, characters: 2_000 };

/**
 * An error as two lines. Further lines of a message are indented, so that text from outsiders cannot look like a line
 * of ours.
 */
export const errorLines = (message: string, hint: string, error = ours`error:`): Shown =>
  joined([ours`${error} ${goingOn(message)}`, ours`hint: ${goingOn(hint)}`], '\n');

/** The first line follows "error:" or "hint:". Other lines may be indented already. */
const goingOn = (text: string): Shown =>
  shownLines(text.trim().replace(/\n +/g, '\n'), INDENT, MOST).slice(INDENT.length) as Shown;

const INDENT = ours`  `;
