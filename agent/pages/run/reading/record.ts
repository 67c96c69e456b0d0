import { dollars } from '../../../models/prices.ts';
import { isKnown, type KnownEvent } from '../../../runs/event.ts';
import type { RecordedRun } from '../../../runs/read.ts';
import type { CallOutcome } from '../../../tools/door.ts';
import { grouped } from '../../numbers.ts';
import type { LaneId, Usage } from '../story.ts';
import { answered, type Call } from './call.ts';
import { bodyOf, cut } from './cut.ts';
import type { Draft, Kept } from './kept.ts';

type Event<Type extends KnownEvent['type']> = Extract<KnownEvent, { type: Type }>;

const NOTHING: Usage = { calls: 0, inputTokens: 0, outputTokens: 0, estimatedCostUsd: undefined };

/** Reads the record of a run, event by event: what you and the model did, and the calls. */
export class RecordReader {
  readonly calls: Call[] = [];
  usage: Usage = NOTHING;
  answer: string | undefined;
  readonly #kept: Kept;
  /** The names of servers in the log, by the model's prefix. */
  readonly #servers: ReadonlyMap<string, string>;
  /** When the model was asked. */
  #asked: number;
  /** The model's last turn; undefined once it has answered. */
  #turn: Draft | undefined;
  #acts = 0;
  #said: string[] = [];
  /** What was played, and from when on. */
  readonly #plays: { readonly since: number; readonly note: string }[] = [];
  readonly #playOfCall: (string | undefined)[] = [];
  #over = Number.POSITIVE_INFINITY;

  constructor({ start, events }: RecordedRun, began: number, kept: Kept) {
    this.#kept = kept;
    this.#servers = new Map(Object.entries(start?.audit?.servers ?? {}));
    this.#asked = began;
    for (const event of events) if (isKnown(event)) this.#take(event, Date.parse(event.time));
    for (const text of this.#said) this.#model(this.#asked, 'said', { bodies: [bodyOf('said', text)] });
    for (const [at, call] of this.calls.entries())
      if (call.outcome === undefined) call.to = this.calls[at + 1]?.from ?? Number.POSITIVE_INFINITY;
  }

  /** The demo is on stage: what it does stands in a lane of its own. */
  get hasPlays(): boolean {
    return this.#plays.length > 0;
  }

  /** The note about what was played then. A call knows it by order: two notes may be of one millisecond. */
  readonly playedBy = ({ from, call }: Draft): string | undefined => {
    if (call !== undefined) return this.#playOfCall[call];
    return this.isOver(from) ? undefined : this.#plays.findLast(({ since }) => from >= since)?.note;
  };

  readonly isOver = (time: number): boolean => time > this.#over;

  /** How the log names a server. */
  readonly nameOf = (prefix: string): string => this.#servers.get(prefix) ?? prefix;

  #take(event: KnownEvent, at: number) {
    switch (event.type) {
      case 'run':
        return this.#you(at, event.prompt, 'request');
      case 'text':
        if (this.#turn !== undefined && this.#acts === 0) return this.#says(this.#turn, event.delta);
        this.#said.push(event.delta);
        return;
      case 'retry':
        this.#kept.add({
          lane: 'model',
          from: at,
          verdict: 'failed',
          title: 'the model did not answer; asked again',
          because: cut(event.reason),
        });
        return;
      case 'usage':
        return this.#tookTurn(event.usage, at);
      case 'call':
        return this.#call(event, at);
      case 'outcome':
        return this.#outcome(event, at);
      case 'approval': {
        const open = this.calls.findLast(({ outcome, tool }) => outcome === undefined && tool === event.tool);
        if (open === undefined) this.#kept.add(answered(event));
        else open.approvals.push(event);
        return;
      }
      case 'answer':
        if (this.#turn) this.#turn.title = 'answered';
        this.#turn = undefined;
        this.answer = event.text;
        return this.#you(at, 'the answer', 'answer', event.text);
      case 'note':
        if (event.plays) this.#plays.push({ since: at, note: cut(event.text) });
        return this.#you(at, event.text, 'note', event.text, this.hasPlays ? 'demo' : 'you');
      case 'end':
        return this.#end(event, at);
      case 'cut':
        return;
    }
  }

  #tookTurn(
    { calls, inputTokens, outputTokens, estimatedCostUsd }: Event<'usage'>['usage'],
    at: number,
  ): void {
    const before = this.usage;
    this.usage = { calls, inputTokens, outputTokens, estimatedCostUsd };
    const cost = (estimatedCostUsd ?? 0) - (before.estimatedCostUsd ?? 0);
    this.#turn = this.#model(this.#asked, 'said nothing', {
      to: at,
      facts: [
        [
          'tokens',
          `${grouped(inputTokens - before.inputTokens)} in, ${grouped(outputTokens - before.outputTokens)} out`,
        ],
        ...(estimatedCostUsd === undefined ? [] : [['cost', `about ${dollars(Math.max(0, cost))}`] as const]),
      ],
    });
    this.#acts = 0;
    for (const text of this.#said.splice(0)) this.#says(this.#turn, text);
    this.#asked = at;
  }

  #call({ call }: Event<'call'>, at: number): void {
    const [prefix = '', ...tool] = call.name.split('__');
    this.#add(call, prefix, tool.join('__'), at);
    const place = this.calls.length - 1;
    this.#playOfCall[place] = this.#plays.at(-1)?.note;
    if (this.#turn === undefined) {
      this.#model(at, call.name, { call: place, ...(this.hasPlays && { lane: 'demo' }) });
      return;
    }
    this.#acts += 1;
    this.#turn.title = cut(this.#acts === 1 ? call.name : `${this.#turn.title}, ${call.name}`);
    // Several calls have threads of their own.
    this.#turn.call = this.#acts === 1 ? place : undefined;
  }

  #outcome({ call, outcome }: Event<'outcome'>, at: number): void {
    const [prefix, tool] =
      outcome.kind === 'invalid' ? ['', outcome.name] : [outcome.call.server, outcome.call.tool];
    const open = this.calls.findLastIndex((one) => one.outcome === undefined && one.name === call.name);
    const { from, approvals, ...before } = this.calls[open] ?? { ...call, from: at, approvals: [] };
    // The policy's own names: the model's are shortened.
    const known = this.#add(before, prefix, tool, from, open < 0 ? undefined : open);
    known.approvals.push(...approvals);
    known.to = at;
    known.outcome = outcome as CallOutcome;
    this.#asked = at;
  }

  #add(
    { name, arguments: given }: Pick<Call, 'name' | 'arguments'>,
    prefix: string,
    tool: string,
    from: number,
    at = this.calls.length,
  ): Call {
    const server = this.nameOf(prefix);
    const call: Call = { at, name, arguments: given, prefix, server, tool, from, to: from, approvals: [] };
    this.calls[at] = call;
    return call;
  }

  #end({ outcome, error }: Event<'end'>, at: number): void {
    this.#over = at;
    if (outcome === 'answered') return;
    const failed = outcome === 'failed';
    this.#kept.add({
      lane: 'you',
      from: at,
      verdict: failed ? 'failed' : 'plain',
      title: cut(failed ? (error?.message ?? 'the run failed') : 'the run was interrupted'),
      because: cut(error?.hint ?? ''),
    });
  }

  #you(from: number, title: string, what: string, text = title, lane: LaneId = 'you'): void {
    this.#kept.add({
      lane,
      from,
      verdict: 'plain',
      title: cut(title),
      bodies: [bodyOf(what, text)],
    });
  }

  #model(from: number, title: string, more: Partial<Draft>): Draft {
    return this.#kept.add({ lane: 'model', from, verdict: 'plain', title: cut(title), ...more });
  }

  #says(turn: Draft, text: string): void {
    turn.bodies = [...(turn.bodies ?? []), bodyOf('said', text)];
  }
}
