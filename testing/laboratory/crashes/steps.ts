import type { PostStage } from '../../stand-ins/twilio.ts';
import { type RuntimeName, type Victim, victimsOf } from './victims.ts';

/** A call of the ledger's: before it, in its transaction with nothing committed, after it. */
type LedgerStep = `${'recover' | 'reserve' | 'sending' | 'settle'}:${'before' | 'uncommitted' | 'after'}`;

/** Where the host kills itself. `written`: a call is on its way to the server; `answered`: its result has come. */
export type OwnStep = 'open:uncommitted' | LedgerStep | `${'call' | 'look-up'}:${'written' | 'answered'}`;

export type Crash =
  | { readonly by: 'itself'; readonly step: OwnStep; readonly nth: number }
  /** At a stage of a POST at Twilio. `reached`: the answer has come as far as the victim, which could not look at it. */
  | {
      readonly by: 'Twilio';
      readonly victim: Victim;
      readonly stage: Exclude<PostStage, 'answered'> | 'reached';
      readonly nth: number;
    };

/** What happens to the same alerts, run after run; then comes one that nobody disturbs. */
export type Course = readonly Crash[];

const SENDING: readonly OwnStep[] = [
  ...(['reserve:before', 'reserve:uncommitted', 'reserve:after'] as const),
  ...(['sending:before', 'sending:uncommitted', 'sending:after'] as const),
  ...(['call:written', 'call:answered'] as const),
  ...(['settle:before', 'settle:uncommitted', 'settle:after'] as const),
];

/** Of a run that finds an alert which may have gone out. */
const RECOVERING: readonly OwnStep[] = [
  ...(['recover:before', 'recover:uncommitted', 'recover:after'] as const),
  ...(['look-up:written', 'look-up:answered'] as const),
  ...(['settle:before', 'settle:uncommitted', 'settle:after', 'reserve:before', 'call:written'] as const),
];

/** Every step of a send, for everyone who can die there, at the first and the second of two alerts. */
export function courses(runtime: RuntimeName): Course[] {
  const itself = (step: OwnStep, nth = 1): Crash => ({ by: 'itself', step, nth });
  const first = [1, 2].flatMap((nth): Crash[] => [
    ...SENDING.map((step) => itself(step, nth)),
    ...(['arrived', 'accepted', 'reached'] as const).flatMap((stage) =>
      victimsOf(runtime).map((victim): Crash => ({ by: 'Twilio', victim, stage, nth })),
    ),
  ]);
  const accepted: Crash = { by: 'Twilio', victim: 'host', stage: 'accepted', nth: 1 };
  return [
    [itself('open:uncommitted')],
    ...first.map((crash) => [crash]),
    ...RECOVERING.map((step) => [accepted, itself(step)]),
    [accepted, { by: 'Twilio', victim: 'server', stage: 'arrived', nth: 1 }],
  ];
}

/** Those that differ most in what they leave behind. */
export const someCourses = (runtime: RuntimeName): Course[] =>
  courses(runtime).filter((course) =>
    course.every(({ by, nth, ...crash }) =>
      'step' in crash ? nth === 1 && TELLING.has(crash.step) : nth === 1 && crash.stage !== 'arrived',
    ),
  );
const TELLING: ReadonlySet<OwnStep> = new Set([
  ...(['open:uncommitted', 'reserve:after', 'sending:after', 'call:written'] as const),
  ...(['settle:uncommitted', 'look-up:answered'] as const),
]);

export const describeCourse = (course: Course): string =>
  course
    .map((crash) =>
      crash.by === 'itself'
        ? `host at ${crash.step}, ${crash.nth}`
        : `${crash.victim} at ${crash.stage}, ${crash.nth}`,
    )
    .join('; then ');
