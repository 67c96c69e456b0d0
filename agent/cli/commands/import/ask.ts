import { UsageError } from '@spendwise/sandbox/errors';
import { err } from '@spendwise/sandbox/screen';
import { ours, type Shown, shown } from '@spendwise/sandbox/shown';
import type { TerminalUI } from '@spendwise/sandbox/terminal-ui';
import type { Aspect, Recognized, Settled } from '../../../spending/import/recognize.ts';

interface Asking {
  readonly preview: (recognized: Recognized) => readonly Shown[];
  readonly ui: TerminalUI | undefined;
  readonly signal: AbortSignal;
}

type More = Partial<Settled>;

/** How to read a file: what is not certain is asked for, and without a terminal an error that names the flags. */
export async function askUntilCertain(
  file: string,
  recognizeWith: (more: More) => Recognized,
  { preview, ui, signal }: Asking,
): Promise<Recognized> {
  let more: More = {};
  for (;;) {
    const recognized = recognizeWith(more);
    const open = recognized.aspects.filter(({ certain }) => !certain);
    const [first] = open;
    if (first === undefined) return recognized;
    if (ui === undefined) throw notCertain(file, open);
    err.line(...preview(recognized));
    // The names of columns are too many to choose from.
    if (first.name === 'columns') {
      const lines = [ours`  columns: ${shown(first.value)} (${shown(first.why)})`];
      if (!(await ui.confirm(lines, ours`Is that right?`, signal))) throw notCertain(file, [first]);
      return { ...recognized, aspects: recognized.aspects.map((one) => ({ ...one, certain: true })) };
    }
    const value = await chosen(first, ui, signal);
    if (value === undefined) throw notCertain(file, open);
    more =
      first.name === 'encoding'
        ? { ...more, encoding: value }
        : { ...more, csv: { ...more.csv, [first.name]: value } };
  }
}

async function chosen(
  { name, alternatives, why }: Aspect,
  ui: TerminalUI,
  signal: AbortSignal,
): Promise<string | undefined> {
  for (;;) {
    err.line(ours`  ${shown(name)}: ${shown(why)}`);
    const answer = await ui.ask(ours`  Which is it: ${shown(alternatives.join(' or '))}? `, signal);
    const typed = answer?.trim();
    if (!typed) return undefined;
    if (alternatives.includes(typed)) return typed;
  }
}

function notCertain(file: string, open: readonly Aspect[]): UsageError {
  return new UsageError(
    `${file}: it is not certain how to read it: ${open.map(({ name, why }) => `${name} (${why})`).join('; ')}`,
    `say it: ${open.map(flagOf).join(' ')}`,
  );
}

const flagOf = ({ name, value, alternatives }: Aspect): string =>
  name === 'columns' ? `--columns "${value}"` : `--${name} ${alternatives.map(quotedIfNeeded).join('|')}`;

const quotedIfNeeded = (value: string): string =>
  value === '\t' ? 'tab' : /^[\w.,-]+$/.test(value) ? value : `'${value}'`;
