import { counted, grouped, ours, type Shown } from '@spendwise/sandbox/shown';
import { countOf, isRefusal, stopsOf, textsOf } from './outcome.ts';
import type { Story } from './story.ts';
import { twilioOf } from './twilio.ts';

/** What went out, and what was stopped: the run in one line. */
export const headline = (story: Story): Shown => ours`${wentOut(story)}; ${halted(story)}`;

/** What the demo plays is not what a model or a server did. */
export function halted(story: Story): Shown {
  const stops = stopsOf(story);
  const attempts = stops.filter((stop) => !isRefusal(stop));
  const all = countOf(attempts);
  const refused = countOf(stops) - all;
  if (stops.length === 0)
    return story.gaps.length > 0
      ? ours`nothing is known to have been stopped`
      : ours`nothing had to be stopped`;
  const refusals = counted(refused, 'permission was refused', 'permissions were refused');
  if (all === 0) return ours`${refusals}${known(story)}`;
  const played = countOf(attempts.filter((stop) => stop.played !== undefined));
  const some = played === 0 || played === all ? ours`` : ours`, ${grouped(played)} of them staged`;
  const staged = played === all ? 'staged ' : '';
  const stopped = counted(all, `${staged}attempt was stopped`, `${staged}attempts were stopped`);
  return ours`${stopped}${some}${refused === 0 ? ours`` : ours`, ${refusals}`}${known(story)}`;
}

/** Where something is missing, nobody may take a count for the whole truth. */
const known = ({ gaps }: Story): Shown => (gaps.length === 0 ? ours`` : ours`, as far as this page knows`);

export function wentOut(story: Story): Shown {
  const { out, unknown } = textsOf(story);
  const [one, many] = twilioOf(story).sent;
  const sent = out.length === 0 ? ours`No text went out` : counted(out.length, one, many);
  if (unknown.length === 0) return sent;
  return out.length === 0
    ? counted(unknown.length, 'text may have gone out', 'texts may have gone out')
    : ours`${sent}, ${unknown.length} more may have`;
}
