import { ConsentMissing } from '../foundation/errors.ts';
import type { EgressEvent } from '../plan/egress.ts';
import type { Runtime, RuntimeKind } from '../plan/runtime.ts';
import { type Announcement, announcementChanges } from '../protocol/tool-changes.ts';
import type { AcceptTools } from '../protocol/tool-gate.ts';
import type { Attempt, AttemptClass, Values } from './attempt.ts';
import { Bystander } from './bystander.ts';
import { attemptClasses } from './classes.ts';
import { converse } from './conversation.ts';
import { HostileClient } from './hostile-client.ts';
import { isRecorded, notRun, type Outcome, outcome } from './judge.ts';

export type { Outcome } from './judge.ts';

import type { Witness } from './listeners.ts';
import { Neighbour } from './neighbour.ts';
import { makePlace, type Place } from './place.ts';

/** A record may come a moment after what it is about. */
const RECORD_MS = 1_500;

export interface DrillOptions {
  readonly runtime: Runtime;
  readonly classes?: readonly AttemptClass[] | undefined;
  /** Further listeners to judge by. */
  readonly witnesses?: readonly Witness[] | undefined;
}

/** A hostile server under a realistic manifest tries to get out: judged by what the outside heard and recorded. */
export class Drill {
  readonly #runtime: Runtime;
  readonly #place: Place;
  readonly #neighbour: Neighbour;
  readonly #values: Values;
  readonly #witnesses: readonly Witness[];
  readonly #egress: EgressEvent[] = [];
  readonly #accept = grantingTheFirst();
  /** How much of each log earlier attempts account for. */
  readonly #accounted = new Map<object, number>();
  #hostile: HostileClient | undefined;

  private constructor(options: DrillOptions, place: Place, neighbour: Neighbour) {
    this.#runtime = options.runtime;
    this.#place = place;
    this.#neighbour = neighbour;
    this.#values = { ...place.values, NEIGHBOUR: neighbour.values };
    this.#witnesses = [place.canary, neighbour, ...(options.witnesses ?? [])];
  }

  /** Starts everything. Throws a SpendwiseError when the runtime cannot; nothing is left then. */
  static async open(options: DrillOptions): Promise<Drill> {
    const place = await makePlace();
    let neighbour: Neighbour | undefined;
    try {
      neighbour = await Neighbour.start(options.runtime, place);
      const drill = new Drill(options, place, neighbour);
      drill.#hostile = await drill.#start(options.classes ?? attemptClasses);
      return drill;
    } catch (error) {
      await neighbour?.close();
      place.remove();
      throw error;
    }
  }

  /** Makes one attempt, if it does no harm here. Never rejects for what the server does. */
  async try(of: AttemptClass, attempt: Attempt): Promise<Outcome> {
    if (!isGuarded(this.#runtime, attempt)) return notRun(of, attempt, 'not guarded, not run');
    if (attempt.speaksMcp) return this.#converse(of, attempt);
    const hostile = attempt.alone ? await this.#start([]) : await this.#shared();
    // What was done at the start is judged by all there is.
    const since = attempt.atStart ? 0 : this.#egress.length;
    const before = process.memoryUsage().rss;
    const { id, code } = attempt;
    const asked = attempt.atStart ? `return inside.started(${JSON.stringify(id)})` : code;
    const { observed, tried } = await this.#run(hostile, attempt, asked);
    const growth = process.memoryUsage().rss - before;
    if (attempt.alone) await hostile.close();
    const { heard, requests } = await this.#outside();
    if (!tried) return notRun(of, attempt, `could not be tried: ${observed}`);
    const { recorded } = attempt;
    if (recorded && attempt.expected.test(observed))
      await waitUntil(() => isRecorded(recorded, this.#egress.slice(since)), RECORD_MS);
    const egress = this.#egress.slice(since);
    const { credential, bearer } = this.#place;
    return outcome(of, attempt, { observed, heard, requests, egress, growth, credential, bearer });
  }

  /** Ends everything, and removes what the drill made. */
  async close(): Promise<void> {
    await Promise.all([this.#hostile?.close(), this.#neighbour.close()]);
    this.#place.remove();
  }

  async #converse(of: AttemptClass, attempt: Attempt): Promise<Outcome> {
    const since = this.#egress.length;
    const before = process.memoryUsage().rss;
    const observed = await converse({
      runtime: this.#runtime,
      plan: this.#place.plan(this.#arguments([attempt])),
      log: this.#place.newLog(),
      accept: this.#accept,
      attempt,
    });
    const growth = process.memoryUsage().rss - before;
    const egress = this.#egress.slice(since);
    const { credential, bearer } = this.#place;
    return outcome(of, attempt, { observed, ...(await this.#outside()), egress, growth, credential, bearer });
  }

  /** What came out since the last attempt. */
  async #outside() {
    const heard: string[] = [];
    for (const witness of this.#witnesses) heard.push(...this.#news(witness, await witness.heard()));
    return { heard, requests: this.#news(this.#place.api, this.#place.api.requests) };
  }

  /** What the hostile server observed, and behind it what another one did that was started then. */
  async #run(hostile: HostileClient, attempt: Attempt, code: string) {
    const { startedAfter } = attempt;
    if (startedAfter === undefined) return hostile.run(code, this.#values);
    const bystander = await Bystander.askedFor(this.#runtime, this.#place, { ...attempt, startedAfter });
    if (bystander === undefined) return { observed: 'nothing can be mounted here', tried: false };
    try {
      const { observed, tried } = await hostile.run(code, this.#values);
      return { observed: tried ? `${observed}; ${await bystander.start()}` : observed, tried };
    } finally {
      bystander.close();
    }
  }

  async #shared(): Promise<HostileClient> {
    if (this.#hostile === undefined || this.#hostile.lost) this.#hostile = await this.#start([]);
    return this.#hostile;
  }

  /** A server that makes the start's attempts of these classes before it is asked for anything. */
  #start(classes: readonly AttemptClass[]): Promise<HostileClient> {
    const early = classes.flatMap(({ attempts }) => attempts).filter(({ atStart }) => atStart);
    const plan = this.#place.plan(this.#arguments(early));
    return HostileClient.start(this.#runtime, plan, this.#accept, (event) => this.#egress.push(event));
  }

  #arguments(attempts: readonly Attempt[]): string[] {
    return attempts
      .filter((attempt) => isGuarded(this.#runtime, attempt))
      .map(({ id, code }) => JSON.stringify({ id, code, values: this.#values }));
  }

  #news<T>(of: object, log: readonly T[]): T[] {
    const news = log.slice(this.#accounted.get(of) ?? 0);
    this.#accounted.set(of, log.length);
    return news;
  }
}

export interface DrillReport {
  readonly runtime: RuntimeKind;
  readonly attempts: readonly Outcome[];
  /** These three add up to all attempts. */
  readonly held: number;
  readonly escaped: number;
  readonly notRun: number;
}

/** The whole drill; `tell` hears of each outcome as it comes. Throws the reason of a signal that stops it. */
export async function runDrill(
  options: DrillOptions & { signal?: AbortSignal; tell?: (outcome: Outcome) => void },
): Promise<DrillReport> {
  const drill = await Drill.open(options);
  const attempts: Outcome[] = [];
  try {
    for (const of of options.classes ?? attemptClasses) {
      for (const attempt of of.attempts) {
        options.signal?.throwIfAborted();
        const outcome = await drill.try(of, attempt);
        attempts.push(outcome);
        options.tell?.(outcome);
      }
    }
  } finally {
    await drill.close();
  }
  const count = (test: (outcome: Outcome) => boolean) => attempts.filter(test).length;
  return {
    runtime: options.runtime.kind,
    attempts,
    held: count(({ held }) => held),
    escaped: count(({ run, held }) => run && !held),
    notRun: count(({ run }) => !run),
  };
}

/** The tools of the first server are granted, and nobody is there to accept a change. */
function grantingTheFirst(): AcceptTools {
  let granted: Announcement | undefined;
  return async (now) => {
    granted ??= now;
    if (announcementChanges(granted, now).length > 0)
      throw new ConsentMissing(
        'its tools have changed since they were granted',
        'this is what the drill expects',
      );
  };
}

const isGuarded = ({ guards }: Runtime, { guardedBy }: Attempt): boolean =>
  guardedBy === undefined || guards.has(guardedBy);

async function waitUntil(condition: () => boolean, limitMs: number): Promise<void> {
  const end = performance.now() + limitMs;
  while (!condition() && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
}
