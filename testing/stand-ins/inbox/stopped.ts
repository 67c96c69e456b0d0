/** Something that never reached the phone. Others' words, as they came. */
export interface Stop {
  /** After the word "Stopped". */
  readonly how: string;
  readonly what: string;
  readonly why: string;
  readonly time: Date;
}

export interface CountedStop extends Stop {
  /** New each time an equal one happens: the newest has the greatest. */
  readonly id: number;
  readonly times: number;
}

const MAX_STOPS = 50;
const MAX_CHARACTERS = 2_000;

/** The newest stops, each once with a count; of the others only their number is kept. */
export class StoppedLane {
  readonly #stops = new Map<string, CountedStop>();
  #total = 0;

  /** How many there were, equal and forgotten ones counted. */
  get total(): number {
    return this.#total;
  }

  /** Oldest first. */
  get stops(): readonly CountedStop[] {
    return [...this.#stops.values()];
  }

  add({ time, ...words }: Stop): void {
    const [how = '', what = '', why = ''] = [words.how, words.what, words.why].map((text) =>
      text.slice(0, MAX_CHARACTERS),
    );
    this.#total += 1;
    const key = JSON.stringify([how, what, why]);
    const times = (this.#stops.get(key)?.times ?? 0) + 1;
    this.#stops.delete(key);
    this.#stops.set(key, { how, what, why, time, id: this.#total, times });
    const [oldest] = this.#stops.keys();
    if (this.#stops.size > MAX_STOPS && oldest !== undefined) this.#stops.delete(oldest);
  }
}
