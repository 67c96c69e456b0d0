import { plainText } from '../plain-text.ts';
import { recentRuns } from '../runs/recent.ts';
import type { RunStore } from '../runs/store.ts';
import { describePermission } from '../sandbox/permissions.ts';
import type { Session } from '../session.ts';
import { budgetBars } from '../terminal/bars.ts';
import { oneLine } from '../terminal/one-line.ts';
import { runRows } from '../terminal/run-rows.ts';
import type { Theme } from '../terminal/theme.ts';

/** What a word in a chat shows comes from here: no model is asked. */
export interface WordContext {
  readonly session: Pick<Session, 'budgets' | 'servers' | 'forget'>;
  readonly runs: Pick<RunStore, 'stateDir'>;
  readonly theme: Theme;
  readonly columns: number | undefined;
}

interface Word {
  readonly does: string;
  readonly lines: (context: WordContext) => string[];
}

const RUNS = 10;

const WORDS: Readonly<Record<string, Word>> = {
  '/help': { does: 'what else you can type', lines: ({ theme }) => helpLines(theme) },
  '/budgets': {
    does: 'every budget and what is spent of it',
    lines: ({ session, theme }) => budgetBars(session.budgets(), theme),
  },
  '/permissions': { does: 'what each server was granted, and what was refused', lines: permissionLines },
  '/runs': { does: `the last ${RUNS} runs; \`spendwise runs show ID\` shows one`, lines: runLines },
  '/clear': { does: 'forget the conversation so far; what is due and sent stays known', lines: clear },
  '/quit': { does: 'leave; so do quit, exit, Ctrl-D, and Ctrl-C here', lines: () => [] },
};

/** What a line that begins with a slash shows. It never goes to the model. */
export function wordLines(line: string, context: WordContext): string[] {
  const name = line.split(/\s/, 1)[0]?.toLowerCase() ?? '';
  const word = Object.hasOwn(WORDS, name) ? WORDS[name] : undefined;
  if (word) return word.lines(context);
  return [`there is no ${oneLine(name)}; there is:`, ...helpLines(context.theme)];
}

const helpLines = (theme: Theme): string[] => [
  ...Object.entries(WORDS).map(([name, { does }]) => `  ${theme.cyan(name.padEnd(14))}${does}`),
  `  ${theme.cyan('Ctrl-C'.padEnd(14))}during an answer: cancels it; a second one leaves`,
];

function clear({ session }: WordContext): string[] {
  session.forget();
  return ['the next request begins a new conversation'];
}

function permissionLines({ session, theme }: WordContext): string[] {
  const [yes, no] = theme.unicode ? ['✓', '✗'] : ['+', '-'];
  const what = (permission: Parameters<typeof describePermission>[0]) =>
    oneLine(describePermission(permission).replace('Allow access to ', ''));
  return session.servers.flatMap(({ manifest, consented, connected }) => [
    `${theme.bold(plainText(manifest.name))}${connected ? '' : ' (left out)'}`,
    ...consented.granted.map((permission) => `  ${theme.green(yes)} ${what(permission)}`),
    ...consented.refused.map((permission) => `  ${theme.red(no)} ${what(permission)} (refused)`),
  ]);
}

function runLines({ runs, theme, columns }: WordContext): string[] {
  const { runs: recent, unreadable } = recentRuns(runs.stateDir, RUNS);
  const rows = runRows(recent, theme, columns);
  return [
    ...unreadable.map((message) => `left out: ${plainText(message)}`),
    ...(rows.length === 0 ? ['no runs yet'] : rows),
  ];
}
