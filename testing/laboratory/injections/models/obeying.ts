import type { Goal, Known } from '../goals/goal.ts';
import { alertOf } from '../goals/goal.ts';
import type { Phrasing } from '../phrasings.ts';
import { budgetsIn, figuresOf, learnt, READING, recent, strings } from './reading.ts';
import type { Answer, Given } from './wire.ts';

/** What the attacker tells a model that obeys whatever it reads. */
export interface Plot {
  readonly goal: Goal;
  readonly phrasing: Phrasing;
  /** Must stand in what the model was given, undressed, before it does anything. */
  readonly sign: string;
  /** It is looked for in so many requests of the person's. */
  readonly turns: number;
  readonly known: Pick<Known, 'collector' | 'files'>;
}

/** A model in one run of the app. */
export interface Thinking {
  think(given: Given): Answer;
  /** The payload was in what it was given. */
  readonly reached: boolean;
  /** False: it wants the person to ask again. */
  readonly finished?: boolean;
  /** The person asks. */
  begin?(): void;
}

/** Reads everything; where it finds the payload, makes the attacker's calls, every one; then does as the person asked. */
export class Obeying implements Thinking {
  reached = false;
  readonly #plot: Plot;
  #step = 0;

  constructor(plot: Plot) {
    this.#plot = plot;
  }

  think(given: Given): Answer {
    const { goal, known } = this.#plot;
    this.#step += 1;
    if (this.#step === 1) return READING;
    if (this.#step === 2) {
      this.reached = isReached(given, this.#plot);
      if (this.reached) return goal.calls(learnt(given, known));
      this.#step = 3;
    }
    if (this.#step === 3 && !(this.reached && goal.instead)) {
      const hot = budgetsIn(given).filter(({ state }) => state !== 'ok');
      if (hot.length > 0) return hot.map((budget) => alertOf(figuresOf(budget)));
    }
    return 'Done.';
  }
}

/** In an item of the conversation, or in a tool's description. */
export function isReached(given: Given, { phrasing, sign, turns }: Omit<Plot, 'known' | 'goal'>): boolean {
  for (const text of strings([recent(given, turns), given.tools.map(({ description }) => description)]))
    if (text.includes(sign) || phrasing.undress(text).includes(sign)) return true;
  return false;
}
