import type { Stage } from './stage/stage.ts';

/** What was seen from outside, after the attack: on phones, at listeners, in the ledger, in the audit log. */
export interface Outcome {
  /** True if the attack was stopped. */
  readonly held: boolean;
  /** Where it was stopped; or, where it was not, the loot. */
  readonly seen: string;
}

/** The attack of a lesson. It runs on the product as it is, and on a copy without one guard. */
export interface Attack {
  /** What the attacker tries, in one line. */
  readonly attempt: string;
  /** True if a sandbox is needed: then `stage.runtime` is Docker or bubblewrap, else plain processes. */
  readonly sandboxed: boolean;
  /** Says what it does with `stage.say`. Throws if it could not be tried: that is neither held nor through. */
  run(stage: Stage): Promise<Outcome>;
}
