import type { AuditLine } from '@spendwise/sandbox/audit';
import type { LaneId, Moment, Verdict } from '../story.ts';
import { cut, MAX_BODY } from './cut.ts';

/** A moment before all are known: it has no number yet. */
export interface Draft {
  readonly lane: LaneId;
  readonly from: number;
  to?: number;
  verdict: Verdict;
  title: string;
  readonly because?: string | undefined;
  facts?: readonly (readonly [name: string, value: string])[] | undefined;
  bodies?: Moment['bodies'];
  /** Its call in the record: moments of the same one are a thread. */
  call?: { readonly played: string | undefined } | undefined;
  /** It may last until the end: it is kept in any case. */
  readonly lasting?: true;
  times?: number;
  audit?: NonNullable<Moment['audit']>;
  lastLine?: number;
}

/**
 * The moments of a run as they are read, in limited memory: equal ones in a row are one, and when there is no more room,
 * what was let through gives way to what was stopped.
 */
export class Kept {
  readonly #most: number;
  readonly #drafts: (Draft | undefined)[] = [];
  /** Places of those that give way, ascending. */
  readonly #common: number[] = [];
  #last: Draft | undefined;
  #leftOut = { all: 0, stopped: 0 };

  constructor(most: number) {
    this.#most = most;
  }

  get leftOut(): { readonly all: number; readonly stopped: number } {
    return this.#leftOut;
  }

  add(draft: Draft, line?: AuditLine): Draft {
    if (this.#last !== undefined && isAnother(this.#last, draft)) {
      this.#last.times = (this.#last.times ?? 1) + 1;
      this.#last.to = draft.from;
      if (line !== undefined) this.#last.lastLine = line.line;
      return this.#last;
    }
    const common = isCommon(draft);
    if (!this.#hasRoom(common)) {
      this.#leave(draft);
      return draft;
    }
    if (line !== undefined)
      draft.audit = { line: line.line, hash: line.hash, text: cut(JSON.stringify(line.record), MAX_BODY) };
    if (common) this.#common.push(this.#drafts.length);
    this.#drafts.push(draft);
    this.#last = draft;
    return draft;
  }

  /** All of them in order of time, with their numbers. */
  moments(playedAt: (time: number) => string | undefined): Moment[] {
    const drafts = this.#drafts.filter((draft) => draft !== undefined).sort((a, b) => a.from - b.from);
    const end = drafts.reduce((last, { from, to = from }) => Math.max(last, from, to), 0);
    const ofCall = Map.groupBy(drafts.keys(), (at) => drafts[at]?.call);
    // Each with the same fields in the same order: ten thousand others would take twice the memory.
    return drafts.map((draft, at) => {
      const { lane, from, verdict, title, because, call, audit, times } = draft;
      const { facts = NO_FACTS, bodies = NO_BODIES } = draft;
      const [first = 0, second] = (call && ofCall.get(call)) ?? [];
      const to = draft.to ?? (draft.lasting ? end : undefined);
      return {
        n: at + 1,
        lane,
        from,
        to: to === undefined ? undefined : Math.max(from, to),
        verdict,
        title,
        because: because || undefined,
        facts:
          draft.lastLine === undefined
            ? facts
            : [...facts, ['lines of the log', `${audit?.line} to ${draft.lastLine}`]],
        bodies,
        played: call ? call.played : OWN.has(lane) ? undefined : playedAt(from),
        audit,
        times,
        thread: second === undefined ? undefined : first + 1,
      };
    });
  }

  #hasRoom(common: boolean): boolean {
    if (this.#drafts.length - this.#gone < this.#most) return true;
    const place = common ? undefined : this.#common.pop();
    if (place === undefined) return false;
    this.#leave(this.#drafts[place] as Draft);
    this.#drafts[place] = undefined;
    this.#gone += 1;
    return true;
  }
  #gone = 0;

  #leave({ times = 1, verdict }: Draft): void {
    this.#leftOut.all += times;
    if (verdict === 'stopped') this.#leftOut.stopped += times;
  }
}

const NO_FACTS: Moment['facts'] = [];
const NO_BODIES: Moment['bodies'] = [];

/** What stands in these lanes without a call is nobody's play. */
const OWN: ReadonlySet<LaneId> = new Set(['you', 'demo', 'phone']);

const isCommon = ({ verdict, lane, lasting }: Draft): boolean =>
  (verdict === 'plain' || verdict === 'passed') && lane !== 'you' && lasting === undefined;

const isAnother = (last: Draft, next: Draft): boolean =>
  isMark(next) &&
  (last.times !== undefined || isMark(last)) &&
  last.lane === next.lane &&
  last.verdict === next.verdict &&
  last.title === next.title &&
  last.because === next.because &&
  last.facts === next.facts &&
  last.call === next.call;

const isMark = ({ to, bodies, lasting }: Draft): boolean =>
  to === undefined && bodies === undefined && lasting === undefined;
