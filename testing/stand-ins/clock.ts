/** The stand-in's time: this machine's, until a test turns it forward. */
export interface Clock {
  now(): Date;
  advance(ms: number): void;
}

export function turnableClock(): Clock {
  let ahead = 0;
  return {
    now: () => new Date(Date.now() + ahead),
    advance: (ms) => {
      ahead += ms;
    },
  };
}
