import { namePermission } from '@spendwise/sandbox/manifest';
import { ours, padded, type Shown, shown } from '@spendwise/sandbox/shown';
import type { Session } from '../../../app/session.ts';
import { recentRuns } from '../../../runs/recent.ts';
import type { RunStore } from '../../../runs/store.ts';
import { budgetBars } from '../../terminal/bars.ts';
import { runRows } from '../../terminal/run-rows.ts';
import type { Theme } from '../../terminal/theme.ts';

/** What a word in a chat shows comes from here: no model is asked. */
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
  '/help': { does: ours`what else you can type`, lines: ({ theme }) => helpLines(theme) },
  '/budgets': {
    does: ours`every budget and what is spent of it`,
    lines: ({ session, theme }) => budgetBars(session.budgets(), theme),
  },
  '/permissions': { does: ours`what each server was granted, and what was refused`, lines: permissionLines },
  '/runs': { does: ours`the last ${RUNS} runs; \`spendwise runs show ID\` shows one`, lines: runLines },
  '/clear': { does: ours`forget the conversation so far; what is due and sent stays known`, lines: clear },
  '/quit': { does: ours`leave; so do quit, exit, Ctrl-D, and Ctrl-C here`, lines: () => [] },
};

/** What a line that begins with a slash shows. It never goes to the model. */
export function wordLines(line: string, context: WordContext): Shown[] {
  const name = line.split(/\s/, 1)[0]?.toLowerCase() ?? '';
  const word = Object.hasOwn(WORDS, name) ? WORDS[name] : undefined;
  if (word) return word.lines(context);
  return [ours`there is no ${shown(name, 80)}; there is:`, ...helpLines(context.theme)];
}

const helpLines = (theme: Theme): Shown[] => [
  ...Object.entries(WORDS).map(([name, { does }]) => ours`  ${theme.cyan(padded(shown(name), 14))}${does}`),
  ours`  ${theme.cyan(padded(ours`Ctrl-C`, 14))}during an answer: cancels it; a second one leaves`,
];

function clear({ session }: WordContext): Shown[] {
  session.forget();
  return [ours`the next request begins a new conversation`];
}

function permissionLines({ session, theme }: WordContext): Shown[] {
  const [yes, no] = theme.unicode ? [ours`✓`, ours`✗`] : [ours`+`, ours`-`];
  return session.servers.flatMap(({ manifest, server: { consented }, connected }) => [
    ours`${theme.bold(shown(manifest.name))}${connected ? ours`` : ours` (left out)`}`,
    ...consented.granted.map((permission) => ours`  ${theme.green(yes)} ${namePermission(permission)}`),
    ...consented.refused.map(
      (permission) => ours`  ${theme.red(no)} ${namePermission(permission)} (refused)`,
    ),
  ]);
}

function runLines({ runs, theme, columns }: WordContext): Shown[] {
  const { runs: recent, unreadable } = recentRuns(runs.stateDir, RUNS);
  const rows = runRows(recent, theme, columns);
  return [
    ...unreadable.map((message) => ours`left out: ${shown(message)}`),
    ...(rows.length === 0 ? [ours`no runs yet`] : rows),
  ];
}
