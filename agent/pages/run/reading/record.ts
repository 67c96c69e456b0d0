import { grouped } from '@spendwise/sandbox/shown';
import { dollars } from '../../../models/prices.ts';
import { isKnown, type KnownEvent } from '../../../runs/event.ts';
import type { RecordedRun } from '../../../runs/read.ts';
import type { CallOutcome } from '../../../tools/door.ts';
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

  /** The note about what was played then. A call has its own: two notes may be of one millisecond. */
  readonly playedAt = (time: number): string | undefined =>
    this.isOver(time) ? undefined : this.#plays.findLast(({ since }) => time >= since)?.note;

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

  #call({ call: { name, arguments: given } }: Event<'call'>, at: number): void {
    const call = this.#add(name, given, at);
    if (this.#turn === undefined) {
      this.#model(at, name, { call, ...(this.hasPlays && { lane: 'demo' }) });
      return;
    }
    this.#acts += 1;
    this.#turn.title = cut(this.#acts === 1 ? name : `${this.#turn.title}, ${name}`);
    // Several calls have threads of their own.
    this.#turn.call = this.#acts === 1 ? call : undefined;
  }

  #outcome({ call: { name, arguments: given }, outcome }: Event<'outcome'>, at: number): void {
    const call =
      this.calls.findLast((one) => one.outcome === undefined && one.name === name) ??
      this.#add(name, given, at);
    // The policy's own names: the model's are shortened.
    [call.prefix, call.tool] =
      outcome.kind === 'invalid' ? ['', outcome.name] : [outcome.call.server, outcome.call.tool];
    call.server = this.nameOf(call.prefix);
    call.to = at;
    call.outcome = outcome as CallOutcome;
    this.#asked = at;
  }

  #add(name: string, given: string, at: number): Call {
    const [prefix = '', ...words] = name.split('__');
    const [server, tool, played] = [this.nameOf(prefix), words.join('__'), this.#plays.at(-1)?.note];
    const call = { name, arguments: given, prefix, server, tool, played, from: at, to: at, approvals: [] };
    this.calls.push(call);
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
