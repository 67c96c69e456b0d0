import type { PostStage } from '../../stand-ins/twilio.ts';
import { type RuntimeName, type Victim, victimsOf } from './victims.ts';

/** A call of the ledger's: before it, in its transaction with nothing committed, after it. */
type LedgerStep =
  `${'recover' | 'observe' | 'reserve' | 'sending' | 'settle'}:${'before' | 'uncommitted' | 'after'}`;

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

/** A run that nobody disturbs, or a correction: more or less is spent in Shopping. */
export type Quiet = { readonly by: 'nobody' } | { readonly by: 'user'; readonly spendsMinor: number };

/** What happens to the same alerts, run after run; then comes one that nobody disturbs. */
export type Course = readonly (Crash | Quiet)[];

/** Of a run that sends. */
export const SENDING: readonly OwnStep[] = [
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

/** Of a run that sees less spent than was told. The second: the run looks again once its server has started. */
const OBSERVING: readonly OwnStep[] = ['observe:before', 'observe:uncommitted', 'observe:after'];

/** Every step of a send, for everyone who can die there, at the first and the second of two alerts. */
export function courses(runtime: RuntimeName): Course[] {
  const itself = (step: OwnStep, nth = 1): Crash => ({ by: 'itself', step, nth });
  const first = [1, 2].flatMap((nth): Crash[] => [
    ...SENDING.map((step) => itself(step, nth)),
    ...(['arrived', 'accepted', 'reached'] as const).flatMap((stage) =>
      victimsOf(runtime).map((victim): Crash => ({ by: 'Twilio', victim, stage, nth })),
    ),
  ]);
  const nobody: Quiet = { by: 'nobody' };
  const user = (spendsMinor: number): Quiet => ({ by: 'user', spendsMinor });
  const accepted: Crash = { by: 'Twilio', victim: 'host', stage: 'accepted', nth: 1 };
  return [
    [itself('open:uncommitted')],
    ...first.map((crash) => [crash]),
    ...RECOVERING.map((step) => [accepted, itself(step)]),
    [accepted, { by: 'Twilio', victim: 'server', stage: 'arrived', nth: 1 }],
    // Shopping was told, falls to 56 %, and is over again.
    ...OBSERVING.map((step) => [nobody, user(-50_05), itself(step, 2), nobody, user(51_00)]),
    ...SENDING.map((step) => [nobody, user(-50_05), nobody, user(51_00), itself(step)]),
  ];
}

/** Those that differ most in what they leave behind. */
export const someCourses = (runtime: RuntimeName): Course[] =>
  courses(runtime).filter((course) =>
    course.every((each) => {
      if (each.by === 'nobody' || each.by === 'user') return true;
      if (each.by === 'itself' && each.step === 'observe:uncommitted') return true;
      return each.nth === 1 && (each.by === 'itself' ? TELLING.has(each.step) : each.stage !== 'arrived');
    }),
  );
const TELLING: ReadonlySet<OwnStep> = new Set([
  ...(['open:uncommitted', 'reserve:after', 'sending:after', 'call:written'] as const),
  ...(['settle:uncommitted', 'look-up:answered'] as const),
]);

export const describeCourse = (course: Course): string => course.map(describeOne).join('; then ');

function describeOne(each: Crash | Quiet): string {
  if (each.by === 'nobody') return 'a run';
  if (each.by === 'user') return `${each.spendsMinor} spent`;
  return each.by === 'itself'
    ? `host at ${each.step}, ${each.nth}`
    : `${each.victim} at ${each.stage}, ${each.nth}`;
}
