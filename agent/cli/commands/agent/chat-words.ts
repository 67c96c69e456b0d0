import { namePermission } from '@spendwise/sandbox/manifest';
import { ours, padded, type Shown, shown } from '@spendwise/sandbox/shown';
import type { Theme } from '@spendwise/sandbox/theme';
import type { Session } from '../../../app/session.ts';
import type { RunStore } from '../../../runs/store.ts';
import { budgetBars } from '../../terminal/bars.ts';
import { runRows } from '../../terminal/run-rows.ts';
import { recentRuns } from '../runs/recent.ts';

export interface WordContext {
  readonly session: Pick<Session, 'budgets' | 'servers' | 'forget'>;
  readonly runs: Pick<RunStore, 'stateDir'>;
  readonly theme: Theme;
  readonly columns: number | undefined;
}

interface Word {
  readonly does: Shown;
  readonly lines: (context: WordContext) => Shown[];
}

const RUNS = 10;

const WORDS: Readonly<Record<string, Word>> = {
  '/help': { does: ours`list these words`, lines: ({ theme }) => helpLines(theme) },
  '/budgets': {
    does: ours`show all budgets and what is spent`,
    lines: ({ session, theme, columns }) => budgetBars(session.budgets(), theme, columns),
  },
  '/permissions': { does: ours`show what each server was granted and refused`, lines: permissionLines },
  '/runs': { does: ours`list the last ${RUNS} runs; \`spendwise runs show ID\` shows one`, lines: runLines },
  '/clear': { does: ours`start a new conversation; the record of sent texts is kept`, lines: clear },
  '/quit': { does: ours`leave; also quit, exit, Ctrl-D, or Ctrl-C at the prompt`, lines: () => [] },
};

/** The output of a line that starts with a slash. The line never goes to the model. */
export function wordLines(line: string, context: WordContext): Shown[] {
  const name = line.split(/\s/, 1)[0]?.toLowerCase() ?? '';
  const word = Object.hasOwn(WORDS, name) ? WORDS[name] : undefined;
  if (word) return word.lines(context);
  return [ours`there is no ${shown(name, 80)}; you can type:`, ...helpLines(context.theme)];
}

const helpLines = (theme: Theme): Shown[] => [
  ...Object.entries(WORDS).map(([name, { does }]) => ours`  ${theme.cyan(padded(shown(name), 14))}${does}`),
  ours`  ${theme.cyan(padded(ours`Ctrl-C`, 14))}during an answer: cancels it; a second one leaves`,
];

function clear({ session }: WordContext): Shown[] {
  session.forget();
  return [ours`the next request starts a new conversation`];
}

function permissionLines({ session, theme }: WordContext): Shown[] {
  const [yes, no] = theme.plain
    ? [ours`granted:`, ours`not granted:`]
    : theme.unicode
      ? [ours`✓`, ours`✗`]
      : [ours`+`, ours`-`];
  return session.servers.flatMap(({ manifest, server: { consented }, connected }) => [
    ours`${theme.bold(shown(manifest.name))}${connected ? ours`` : ours` (left out)`}`,
    ...consented.granted.map((permission) => ours`  ${theme.green(yes)} ${namePermission(permission)}`),
    ...consented.refused.map(
      (permission) => ours`  ${theme.red(no)} ${namePermission(permission)} (refused)`,
    ),
  ]);
}

function runLines({ runs, theme, columns }: WordContext): Shown[] {
  const { runs: recent, problems } = recentRuns(runs.stateDir, RUNS);
  const rows = runRows(recent, theme, columns);
  return [...problems.map((problem) => shown(problem)), ...(rows.length === 0 ? [ours`no runs yet`] : rows)];
}
