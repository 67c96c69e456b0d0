import { joined, ours, type Shown, shown } from '@spendwise/sandbox/shown';
import type { Theme } from '@spendwise/sandbox/theme';
import { wrapped } from '@spendwise/sandbox/wrapped';
import { about, stateInWords } from '../../../pages/report/alerts.ts';
import { earlierOf, inNumbers, lessOrMore } from '../../../pages/report/changes-in-words.ts';
import { longDate, monthName } from '../../../pages/report/dates.ts';
import { lead } from '../../../pages/report/lead.ts';
import type { Report } from '../../../pages/report/report.ts';
import { asText } from '../../../pages/report/words.ts';
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
  return [
    theme.dim(longDate(report.asOf)),
    ...text(asText(headline), window).map(theme.bold),
    ...(standfirst.length === 0 ? [] : text(joined(standfirst.map(asText), ' '), window)),
    ...section(ours`Budgets`, budgetBars(report.budgets, theme, window), theme),
    ...changes(report, theme, window),
    ...section(
      ours`Alerts`,
      alerts(report).flatMap((line) => text(line, window, ours`  `)),
      theme,
    ),
  ];
}

function changes({ monthSoFar }: Report, theme: Theme, window: number | undefined): Shown[] {
  if (monthSoFar === null || monthSoFar.categories.length === 0) return [];
  const { categories, from } = monthSoFar;
  const first = categories.slice(0, MOST);
  const rows = table(
    [
      { title: NONE, least: 8 },
      { title: NONE, align: 'right' },
    ],
    first.map((change) => [shown(change.name, MAX_NAME), lessOrMore(change)]),
    theme,
    window,
  );
  const facts = first.map((change) => [inNumbers(change)]);
  return section(
    ours`What changed in ${monthName(from)}`,
    [
      ...text(ours`Compared with what was spent ${earlierOf(monthSoFar)}`, window).map(theme.dim),
      ...withFacts(rows, facts, theme, window),
    ],
    theme,
  );
}

const alerts = ({ alerts, waiting }: Report): Shown[] => [
  ...alerts.slice(0, MOST).map((alert) => ours`${stateInWords(alert)}: ${asText(about(alert))}`),
  ...waiting
    .slice(0, MOST)
    .map((one) => ours`${one.heldBack === null ? ours`due` : ours`held back`}: ${asText(about(one))}`),
];

const NONE = ours``;

const text = (words: Shown, window = WIDTH, margin = NONE): Shown[] =>
  wrapped(words, Math.min(window, WIDTH), margin)
    .split('\n')
    .map((line) => line.trimEnd() as Shown);

const section = (title: Shown, lines: readonly Shown[], theme: Theme): Shown[] =>
  lines.length === 0 ? [] : [NONE, theme.bold(title), ...lines];
