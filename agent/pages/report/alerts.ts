import { ours, type Shown, shown } from '@spendwise/sandbox/shown';
import type { IntentState } from '../../alerts/ledger/row.ts';
import type { PastAlert, WaitingAlert } from '../../alerts/past-alerts.ts';
import { type Html, html } from '../html.ts';
import { localTime } from './dates.ts';
import type { Report } from './report.ts';
import { amount, asHtml, count, money, nameOf, type Sentence, said } from './words.ts';

/** So many stand in the page. */
const MOST = 30;

export function alertsTable({ alerts, waiting, timeZone }: Report): Html {
  const rows = alerts.slice(0, MOST).map((alert) => row(alert, timeZone));
  const title = rows.length === 0 ? ours`No alert went out` : ours`The alerts that went out`;
  return html`<section class="alerts" aria-labelledby="alerts">
<h2 id="alerts">${title}</h2>
${
  rows.length > 0 &&
  html`<table><thead><tr>
<th scope="col">When</th><th scope="col">What</th><th scope="col">State</th>
</tr></thead><tbody>${rows}</tbody></table>`
}
${
  alerts.length > MOST &&
  html`<p class="soft">And ${count(alerts.length - MOST, 'earlier one')}: spendwise alert history.</p>`
}
${notSent(waiting)}
</section>`;
}

function notSent(waiting: readonly WaitingAlert[]): Html {
  const list = (title: Html, alerts: readonly WaitingAlert[]) =>
    alerts.length > 0 &&
    html`<h3>${title}</h3><ul>${alerts.slice(0, MOST).map((alert) => html`<li>${asHtml(about(alert))}${alert.heldBack !== null && ours`: ${shown(alert.heldBack, 100)}`}</li>`)}</ul>`;
  return html`${list(
    html`Due: the next <code>spendwise alert</code> sends these`,
    waiting.filter(({ heldBack }) => heldBack === null),
  )}${list(
    html`Held back`,
    waiting.filter(({ heldBack }) => heldBack !== null),
  )}`;
}

const row = (alert: PastAlert, zone: string): Html => html`<tr>
<td><time datetime="${shown(alert.at)}">${localTime(alert.at, zone)}</time></td>
<td>${asHtml(about(alert))}${alert.late && ours`, told late`}</td>
<td>${outcome(alert)}</td></tr>`;

/** "Shopping over the week’s limit, CHF 95 of 80" */
export function about(alert: PastAlert | WaitingAlert): Sentence {
  const { category, currency, threshold, spentMinor, limitMinor, period } = alert;
  const what =
    threshold === 'over'
      ? ours`over the ${shown(period)}’s limit`
      : threshold === 'forecast'
        ? ours`on its way over the ${shown(period)}’s limit`
        : ours`past ${threshold}% of the ${shown(period)}’s limit`;
  return said`${nameOf(category)} ${what}, ${money(spentMinor, currency)} of ${amount(limitMinor, currency)}`;
}

const STATES: Readonly<Record<IntentState, string>> = {
  reserved: 'about to be sent',
  sending: 'being sent',
  sent: 'sent',
  delivered: 'delivered',
  undelivered: 'not delivered',
  failed: 'failed, nothing went out',
  unknown: 'unknown: it may have gone out',
};
const TROUBLE: Partial<Record<IntentState, Shown>> = {
  undelivered: ours`✗`,
  failed: ours`✗`,
  unknown: ours`?`,
};

export const stateInWords = ({ state }: PastAlert): Shown => shown(STATES[state]);

function outcome(alert: PastAlert): Html {
  const mark = TROUBLE[alert.state];
  const words = stateInWords(alert);
  return html`${mark === undefined ? words : html`<b class="trouble">${mark} ${words}</b>`}${
    alert.reason !== null && html` <span class="soft">${shown(alert.reason, 120)}</span>`
  }`;
}
