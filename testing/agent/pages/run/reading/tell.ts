import { type RunParts, storyOf } from '../../../../../agent/pages/run/reading/story-of.ts';
import type { Moment, Story } from '../../../../../agent/pages/run/story.ts';
import { request } from '../../../../support/run-events.ts';
import { BEGAN, type Logged, logOf, type Recorded, recordOf } from '../../../../support/run-parts.ts';

/** The story of an answered request: what its record and its log have between the first line and the last. */
export const tell = (
  record: readonly Recorded[],
  log: Iterable<Logged> = [],
  more: Partial<RunParts> = {},
): Story =>
  storyOf({
    run: recordOf([request('x'), ...record, [900, { type: 'end', outcome: 'answered' }]]),
    log: logOf(log),
    rows: [],
    gaps: [],
    ...more,
  });

export const on = ({ moments }: Story, lane: string): Moment[] =>
  moments.filter((moment) => moment.lane === lane);

/** `70 stopped send_sms`: milliseconds after the request, with an end if it lasts. */
export const brief = ({ from, to, verdict, title }: Moment): string =>
  [from - BEGAN, ...(to === undefined ? [] : [to - BEGAN]), verdict, title].join(' ');

export const briefly = (story: Story, lane: string): string[] => on(story, lane).map(brief);
