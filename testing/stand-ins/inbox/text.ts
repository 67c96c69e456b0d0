import { ours, type Shown, shown, shownLines } from '@spendwise/sandbox/shown';
import { SegmentedMessage } from 'sms-segments-calculator';
import { type Html, html } from '../../../agent/pages/html.ts';
import { hintFor } from '../../../mcp-server-sms/src/twilio/errors.ts';
import type { FaultKind } from '../twilio-faults.ts';
import type { StoredMessage } from '../twilio-messages.ts';
import type { Progress } from '../twilio-status.ts';
import { labelOf } from './switches.ts';

/** Universal Time; the script of the page writes the reader's own time over it. */
export const time = (date: Date): Html =>
  html`<time datetime="${shown(date.toISOString())}">${shown(date.toISOString().slice(11, 19))} UTC</time>`;

/** Twilio takes at most 1,600 characters. */
const WHOLE = { lines: 1_600, characters: 1_600 };

export const isLost = ({ status }: Progress): boolean => status === 'undelivered' || status === 'failed';

/** One text as it stands: what it says, its way, and what it cost. */
export function textPiece(message: StoredMessage, progress: Progress, spoilt: FaultKind | undefined): Html {
  const { sid, to, from, messagingServiceSid, body, createdAt } = message;
  const parts = new SegmentedMessage(body);
  const strange = [...new Set(parts.getNonGsmCharacters())].slice(0, 3).map((one) => shown(one, 12));
  return html`<article class="${isLost(progress) ? ours`text lost` : ours`text`}">
  <p class="meta">from ${shown(from ?? messagingServiceSid ?? '', 40)} to ${shown(to, 40)}</p>
  <p class="bubble">${shownLines(body, ours``, WHOLE)}</p>
  <p class="meta"><span class="status">${statusOf(progress)}</span> ${time(createdAt)}</p>
${spoilt !== undefined && html`  <p class="meta">Fault in its answer: ${labelOf(spoilt)}</p>\n`}  <p class="meta small">${parts.segmentsCount} ${
    parts.segmentsCount === 1 ? ours`part` : ours`parts`
  }, ${shown(parts.encodingName)}${strange.length > 0 && html` for ${strange.map((one) => html`<q>${one}</q> `)}`}</p>
  <p class="meta small"><code>${shown(sid)}</code></p>
</article>`;
}

function statusOf({ status, errorCode }: Progress): Shown {
  if (errorCode !== null) return ours`✕ ${shown(status)}: ${errorCode}, ${shown(hintFor(errorCode, 200))}`;
  return status === 'delivered' ? ours`✓ delivered` : ours`${shown(status)} …`;
}
