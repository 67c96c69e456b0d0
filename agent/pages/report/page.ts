import { ours, shown } from '@spendwise/sandbox/shown';
import { type Document, documentOf } from '../document.ts';
import { html } from '../html.ts';
import { alertsTable } from './alerts.ts';
import { budgetPanels } from './budget-panels.ts';
import { categoryPanels } from './category-panels.ts';
import { biggestChanges } from './changes.ts';
import { longDate, monthName } from './dates.ts';
import { HATCHES } from './drawing.ts';
import { lead } from './lead.ts';
import { monthChart } from './month-chart.ts';
import type { Report } from './report.ts';
import { asHtml, asText } from './words.ts';

/** The page of a report, which needs no script. */
export function reportPage(report: Report): Document {
  const { headline, standfirst } = lead(report);
  const { asOf, months, budgets, categories, monthSoFar } = report;
  const body = html`<svg class="unseen" aria-hidden="true"><defs>${HATCHES}</defs></svg>
<main class="sheet">
<header><div class="masthead"><p class="paper">SpendWise</p><p>${longDate(asOf)}</p>
<p>${monthName(months[0] ?? '', { year: 'numeric' })} to ${monthName(asOf, { year: 'numeric' })}</p></div>
<div class="lead"><div><h1>${asHtml(headline)}</h1>
<p class="standfirst">${standfirst.map((sentence) => html`${asHtml(sentence)} `)}</p></div>${monthChart(report)}</div></header>
<div class="${monthSoFar === null ? ours`only` : ours`front`}">${budgets.length > 0 && budgetPanels(report)}
${biggestChanges(report)}
${categories.length > 0 && categoryPanels(report)}
${alertsTable(report)}</div>
<footer class="soft"><p>Made by SpendWise as of ${longDate(asOf)}, ${shown(report.timeZone)}. Refunds are netted,
transfers between own accounts left out, currencies never added up. All figures: <code>spendwise report --json</code></p></footer>
</main>`;
  return documentOf({ title: ours`${asText(headline)} – SpendWise`, styles: [DRAWING, STYLE], body });
}

const DRAWING = new URL('./drawing.css', import.meta.url);
const STYLE = new URL('./report.css', import.meta.url);
