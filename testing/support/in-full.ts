/** `npm run soak` tries all of what `npm test` tries a sample of. */
export const inFull = process.env.SPENDWISE_IN_FULL === '1';

/** Changes once a day: the samples in `npm test` differ from day to day. Set it to repeat the sample of another day. */
export const TODAY = Number(process.env.SPENDWISE_TEST_DAY ?? Math.floor(Date.now() / 86_400_000));

/** Every `step`th of a list, from another one each day; all of them in full. After `step` days each was tried. */
export const ofToday = <T>(list: readonly T[], step: number): T[] =>
  list.filter((_, at) => inFull || at % step === TODAY % step);

/** How many random cases: `npm test` tries a tenth, others each time. */
export const cases = (all: number): number => (inFull ? all : Math.ceil(all / 10));
