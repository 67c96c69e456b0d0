import { joined, ours, type Shown, shown } from '@spendwise/sandbox/shown';
import { type Html, html } from '../../../agent/pages/html.ts';
import type { Steerable } from '../twilio-control.ts';
import type { FaultKind } from '../twilio-faults.ts';
import { type Progress, progressAt } from '../twilio-status.ts';
import { armed } from './armed.ts';
import type { CountedStop, StoppedLane } from './stopped.ts';
import { isLost, textPiece, time } from './text.ts';

/** A part of the page that changes by itself: the inside of the element of that id. */
export interface Piece {
  readonly id: string;
  /** The list whose item it is. */
  readonly list?: 'texts' | 'stopped';
  /** The same version has the same markup. */
  readonly version: string;
  readonly html: () => Html;
}

export interface InboxState {
  readonly standIn: Steerable;
  readonly lane: StoppedLane;
  /** By sid: texts that went out with a fault in the answer. */
  readonly spoilt: ReadonlyMap<string, FaultKind>;
  /** Says from which audit logs the page knows what SpendWise stopped. */
  readonly followed: Shown;
}

/** Earlier texts are counted, not shown. */
const MAX_TEXTS = 100;

/** Everything on the page that changes, lists oldest first. */
export function piecesOf({ standIn, lane, spoilt, followed }: InboxState): Piece[] {
  const all = standIn.inbox.map((message) => {
    const age = standIn.clock.now().getTime() - message.createdAt.getTime();
    const progress = progressAt(age, standIn.outcomes.of(message), message.messagingServiceSid !== null);
    return { message, progress };
  });
  const earlier = all.length - MAX_TEXTS;
  const [headline, what] = [headlineOf(all, lane.total), armed(standIn)];
  return [
    { id: 'headline', version: headline, html: () => html`${headline}` },
    { id: 'armed', version: what.text, html: () => what },
    { id: 'followed', version: followed, html: () => html`${followed}` },
    {
      id: 'earlier',
      version: String(earlier),
      html: () => (earlier > 0 ? html`${earlier} earlier texts are not shown.` : html``),
    },
    ...all.slice(-MAX_TEXTS).map(({ message, progress }): Piece => {
      const fault = spoilt.get(message.sid);
      const version = `${progress.status} ${progress.errorCode} ${fault}`;
      return { id: message.sid, list: 'texts', version, html: () => textPiece(message, progress, fault) };
    }),
    ...lane.stops.map(
      (stop): Piece => ({ id: `stop-${stop.id}`, list: 'stopped', version: '', html: () => stopPiece(stop) }),
    ),
  ];
}

function headlineOf(all: readonly { progress: Progress }[], stopped: number): Shown {
  const lost = all.filter(({ progress }) => isLost(progress)).length;
  const there = all.length - lost;
  return joined(
    [
      there === 0 ? ours`No text` : there === 1 ? ours`One text` : ours`${there} texts`,
      ours` on the phone`,
      lost > 0 ? ours`, ${lost} lost` : ours``,
      stopped > 0 ? ours`, ${stopped} ${stopped === 1 ? ours`attempt` : ours`attempts`} stopped` : ours``,
    ],
    '',
  );
}

const stopPiece = ({ how, what, why, time: at, times }: CountedStop): Html => html`<article class="stop">
  <p class="how"><span aria-hidden="true">✕</span> Stopped ${shown(how)}</p>
  <p class="what">${shown(what, 300)}</p>
  <p class="why">${shown(why, 300)}</p>
  <p class="meta">${time(at)}${times > 1 && html`, ${times} times`}</p>
</article>`;
