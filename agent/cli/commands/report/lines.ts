import { ours, type Shown, shown } from '@spendwise/sandbox/shown';
import type { Theme } from '@spendwise/sandbox/theme';
import { wrapped } from '@spendwise/sandbox/wrapped';
import { about, stateInWords } from '../../../pages/report/alerts.ts';
import { earlierOf, inNumbers, lessOrMore } from '../../../pages/report/changes-in-words.ts';
import { lead } from '../../../pages/report/lead.ts';
import type { Report } from '../../../pages/report/report.ts';
import { asText, longDate, monthName } from '../../../pages/report/words.ts';
import { budgetBars } from '../../terminal/bars.ts';
import { withFacts } from '../../terminal/packed.ts';
import { table } from '../../terminal/table.ts';

const WIDTH = 100;
const MAX_NAME = 60;
/** Of each kind; the page has more. */
const MOST = 5;

/** The report in a terminal: the finding, the budgets, the biggest changes and the last alerts. */
export function reportLines(report: Report, theme: Theme, window: number | undefined): Shown[] {
  const { headline, standfirst } = lead(report);
  const columns = Math.min(window ?? WIDTH, WIDTH);
  const text = (words: Shown, margin = ours``) => wrapped(words, columns, margin).text.split('\n') as Shown[];
  return [
    theme.dim(longDate(report.asOf)),
    ...text(asText(headline)).map(theme.bold),
    ...text(asText(standfirst.flatMap((sentence) => [...sentence, ours` `])).trimEnd() as Shown),
    ...section(ours`Budgets`, budgetBars(report.budgets, theme, window), theme),
    ...changes(report, theme, window),
    ...section(
      ours`Alerts`,
      [
        ...report.alerts.slice(0, MOST).map((alert) => ours`${stateInWords(alert)}: ${asText(about(alert))}`),
        ...report.waiting
          .slice(0, MOST)
          .map((one) => ours`${one.heldBack === null ? ours`due` : ours`held back`}: ${asText(about(one))}`),
      ].flatMap((line) => text(line, ours`  `)),
      theme,
    ),
  ];
}

function changes({ monthSoFar }: Report, theme: Theme, window: number | undefined): Shown[] {
  if (monthSoFar === null) return [];
  const { categories, from } = monthSoFar;
  const first = categories.slice(0, MOST);
  const rows = table(
    [
      { title: ours``, least: 8 },
      { title: ours``, align: 'right' },
    ],
    first.map((change) => [shown(change.name, MAX_NAME), lessOrMore(change)]),
    theme,
    window,
  );
  const title = ours`${monthName(from)}, and ${earlierOf(monthSoFar)}`;
  return section(
    title,
    withFacts(
      rows,
      first.map((change) => [inNumbers(change)]),
      theme,
      window,
    ),
    theme,
  );
}

const section = (title: Shown, lines: readonly Shown[], theme: Theme): Shown[] =>
  lines.length === 0 ? [] : [ours``, theme.bold(title), ...lines];
