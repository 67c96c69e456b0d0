import { ours, type Shown, shown } from '@spendwise/sandbox/shown';
import { type Html, html } from '../../../agent/pages/html.ts';
import type { Steerable } from '../twilio-control.ts';
import type { Outcome } from '../twilio-status.ts';
import { labelOf } from './switches.ts';

/** What the page or a test ordered for the next requests. */
export function armed({ faults, outcomes }: Steerable): Html {
  const lines: Shown[] = [
    ...Object.entries(faults.armed).flatMap(([method, queue]) =>
      runs(queue.map(({ kind }) => labelOf(kind))).map(
        ([label, count]) =>
          ours`Next ${shown(method)}: ${label}${count > 1 ? ours`, ${count} times` : ours``}`,
      ),
    ),
    ...Object.entries(faults.rates).map(
      ([kind, rate]) => ours`At random: ${shown(kind)}, ${Math.round(rate * 100)} % of POSTs`,
    ),
    ...runs(outcomes.next.map(endOf)).map(
      ([end, count]) =>
        ours`${count > 1 ? ours`The next ${count} texts end` : ours`The next text ends`} ${end}`,
    ),
    ...[...outcomes.byRecipient].map(
      ([to, outcome]) => ours`Every text to ${shown(to, 40)} ends ${endOf(outcome)}`,
    ),
  ];
  if (lines.length === 0) return html`No fault is set: texts arrive.`;
  const more = lines.length - MAX_LINES;
  return html`Set: <ul>${lines.slice(0, MAX_LINES).map((line) => html`<li>${line}</li>`)}${
    more > 0 && html`<li>and ${more} more</li>`
  }</ul>`;
}

const MAX_LINES = 20;

const endOf = (outcome: Outcome): Shown =>
  ours`${shown(outcome.status)}${'errorCode' in outcome ? ours` (${outcome.errorCode})` : ours``}`;

/** Equal neighbours together, with their number. */
function runs(labels: readonly Shown[]): (readonly [Shown, number])[] {
  const found: [Shown, number][] = [];
  for (const label of labels) {
    const last = found.at(-1);
    if (last?.[0] === label) last[1] += 1;
    else found.push([label, 1]);
  }
  return found;
}
