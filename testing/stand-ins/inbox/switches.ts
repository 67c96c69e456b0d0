import { ours, type Shown, shown } from '@spendwise/sandbox/shown';
import { type Html, html } from '../../../agent/pages/html.ts';
import { hintFor } from '../../../mcp-server-sms/src/twilio/errors.ts';
import type { Steerable } from '../twilio-control.ts';
import type { Fault, FaultKind } from '../twilio-faults.ts';
import type { Outcome } from '../twilio-status.ts';

/** What the buttons order: a fault for the next POST, or how the next text ends. */
interface Switch {
  readonly order: Fault | Exclude<Outcome, { status: 'delivered' | 'sent' }>;
  readonly label: Shown;
  /** What will happen, and what a lesson can see then. */
  readonly means: Shown;
}

interface Group {
  readonly title: Shown;
  readonly about: Shown;
  readonly switches: readonly Switch[];
}

const fault = (order: Fault, label: Shown, means: Shown): Switch => ({ order, label, means });
const ending = (status: 'undelivered' | 'failed', errorCode: number): Switch => ({
  order: { status, errorCode },
  label: ours`${shown(status)}, ${errorCode}`,
  means: ours`Later it turns out: ${shown(hintFor(errorCode, 200))}.`,
});

const GROUPS: readonly Group[] = [
  {
    title: ours`The text does not go out`,
    about: ours`Only after a 429 may a sender try again by itself: Twilio has not processed that request.`,
    switches: [
      fault({ kind: '429' }, ours`429`, ours`Too many requests. The sender tries again: one text arrives.`),
      fault(
        { kind: '429-retry-after', retryAfter: 5 },
        ours`429, wait`,
        ours`Too many requests, come back in 5 s. The text arrives then, not earlier.`,
      ),
      fault(
        { kind: '5xx-before' },
        ours`500 before`,
        ours`An error before anything was accepted. The sender cannot know that: it looks, finds nothing, and reports unknown.`,
      ),
      fault(
        { kind: 'reset-before' },
        ours`Cut before`,
        ours`The connection is cut before anything was accepted. It ends as unknown, too.`,
      ),
    ],
  },
  {
    title: ours`The text goes out, and the sender does not hear of it`,
    about: ours`A sender that tried again would text twice. Ours looks the text up and finds it: one text, sent.`,
    switches: [
      fault({ kind: '5xx-after' }, ours`500 after`, ours`An error after the text was accepted.`),
      fault(
        { kind: 'reset-after' },
        ours`Cut after`,
        ours`The connection is cut after the text was accepted.`,
      ),
      fault(
        { kind: 'late', ms: 30_000 },
        ours`Late`,
        ours`The answer comes after 30 s. The sender waits 25 s at most.`,
      ),
      fault(
        { kind: 'slow-drip', ms: 100 },
        ours`Slow drip`,
        ours`A byte each 100 ms: there is always something to read. Only a deadline ends it.`,
      ),
      fault({ kind: 'bad-json' }, ours`Half an answer`, ours`The JSON breaks off.`),
      fault({ kind: 'empty-201' }, ours`Empty 201`, ours`Accepted, without a word more.`),
      fault(
        { kind: 'empty-object-201' },
        ours`201 {}`,
        ours`Accepted, without the number (sid) of the text.`,
      ),
    ],
  },
  {
    title: ours`The text is accepted and ends badly`,
    about: ours`The answer is "queued". Only a later question, get_message_status, shows the end.`,
    switches: [
      ending('undelivered', 30003),
      ending('undelivered', 30005),
      ending('undelivered', 30007),
      ending('failed', 30008),
    ],
  },
];

const ALL = GROUPS.flatMap(({ switches }) => switches);
const nameOf = ({ order }: Switch): string =>
  'kind' in order ? order.kind : `${order.status}-${order.errorCode}`;

/** Obeys the form of a page. Returns what is wrong with it, or undefined. */
export function press(standIn: Steerable, form: URLSearchParams): string | undefined {
  const name = form.get('arm') ?? '';
  if (name === 'clear') {
    standIn.faults.clear();
    standIn.outcomes.clear();
    return undefined;
  }
  const order = ALL.find((one) => nameOf(one) === name)?.order;
  if (order === undefined) return 'There is no such switch.';
  if ('kind' in order) return void standIn.faults.next(order);
  const to = form.get('to')?.replace(/[\s()-]/g, '') ?? '';
  if (to === '') return void standIn.outcomes.setNext(order);
  if (!/^\+[1-9]\d{7,14}$/.test(to)) return 'Write the recipient as +12025550143, or leave it empty.';
  return void standIn.outcomes.set(to, order);
}

export const switchesForm = (
  token: string,
): Html => html`<form method="post" action="/switches" id="switches">
<input type="hidden" name="token" value="${shown(token)}">
${GROUPS.map(groupOf)}
</form>`;

const groupOf = ({ title, about, switches }: Group, at: number): Html => html`<div><h3>${title}</h3>
<p class="soft">${about}</p>
${at === GROUPS.length - 1 && RECIPIENT}
<ul class="buttons">
${switches.map(
  (
    one,
  ) => html`<li><button name="arm" value="${shown(nameOf(one))}" aria-describedby="means-${shown(nameOf(one))}">${one.label}</button>
<span id="means-${shown(nameOf(one))}">${one.means}</span></li>
`,
)}</ul></div>
`;

const RECIPIENT = html`<p><label for="to">Every text to</label>
<input id="to" name="to" type="tel" autocomplete="off" placeholder="the next text alone" maxlength="40"
  pattern="\\s*\\+[1-9][\\d\\s\\(\\)\\-]{7,24}" title="A number such as +12025550143"></p>`;

export const labelOf = (kind: FaultKind): Shown =>
  ALL.find((one) => nameOf(one) === kind)?.label ?? shown(kind);
