import { closeSync, writeSync } from 'node:fs';
import { Interrupted, SpendwiseError } from '@spendwise/sandbox/errors';
import type { AgentEvent } from '../loop/agent-loop.ts';
import type { Note, RunEnd } from './event.ts';
import { encodeLine } from './line.ts';

/** The limits of the loop keep a run far below this. */
const MAX_FILE_BYTES = 1024 * 1024;

/** The record of one run. Never throws. Each line is in the file when the call returns, except streamed text. */
export class RunRecord {
  readonly #redact: (text: string) => string;
  readonly #onFailure: (error: unknown) => void;
  #descriptor: number | undefined;
  #id: string | undefined;
  #size = 0;
  #full = false;
  #words: { readonly time: string; text: string } | undefined;

  constructor(redact: (text: string) => string, onFailure: (error: unknown) => void) {
    this.#redact = redact;
    this.#onFailure = onFailure;
  }

  /** Undefined if nothing could be written. */
  get id(): string | undefined {
    return this.#id;
  }

  open(id: string, descriptor: number): void {
    this.#id = id;
    this.#descriptor = descriptor;
  }

  write(event: AgentEvent | Note): void {
    if (event.type === 'text') {
      // Streamed text comes in small parts, and becomes one event here. The loop limits its length.
      this.#words ??= { time: now(), text: '' };
      this.#words.text += event.delta;
      return;
    }
    if (event.type === 'answer' && this.#words?.text === event.text) this.#words = undefined;
    this.add(event);
  }

  /** Adds an event that is not from the loop. */
  add<E extends { readonly type: string }>(event: E): void {
    // Usage arrives between the text of an answer and its end.
    if (event.type !== 'usage') this.#flush();
    const { type, ...rest } = event;
    this.#append({ type, time: now(), ...rest });
  }

  end(end: Pick<RunEnd, 'outcome' | 'error'>): void {
    if (this.#descriptor === undefined) return;
    this.#flush();
    this.#full = false;
    this.#append({ type: 'end', time: now(), ...end }, 0);
    this.#close();
  }

  #flush(): void {
    if (this.#words === undefined) return;
    const { time, text: delta } = this.#words;
    this.#words = undefined;
    this.#append({ type: 'text', time, delta });
  }

  #append<E extends { readonly type: string; readonly time: string }>(event: E, size = this.#size): void {
    if (this.#descriptor === undefined || this.#full) return;
    try {
      let line = encodeLine(event, this.#redact);
      if (size + line.length > MAX_FILE_BYTES) {
        this.#full = true;
        line = encodeLine({ type: 'cut', time: event.time }, this.#redact);
      }
      for (let at = 0; at < line.length; ) at += writeSync(this.#descriptor, line, at);
      this.#size += line.length;
    } catch (error) {
      this.#close();
      this.#onFailure(error);
    }
  }

  #close(): void {
    const descriptor = this.#descriptor;
    this.#descriptor = undefined;
    try {
      if (descriptor !== undefined) closeSync(descriptor);
    } catch (error) {
      this.#onFailure(error);
    }
  }
}

/** Starts a run, passes its events on, and records them and the end. */
export async function* recorded<E extends AgentEvent | Note>(
  run: RunRecord,
  start: () => AsyncIterable<E>,
): AsyncGenerator<E> {
  try {
    for await (const event of start()) {
      run.write(event);
      yield event;
    }
    run.end({ outcome: 'answered' });
  } catch (error) {
    run.end(endOf(error));
    throw error;
  } finally {
    // The consumer has stopped listening.
    run.end({ outcome: 'interrupted' });
  }
}

function endOf(error: unknown): Pick<RunEnd, 'outcome' | 'error'> {
  if (error instanceof Interrupted) return { outcome: 'interrupted' };
  const [message, hint] =
    error instanceof SpendwiseError ? [error.message, error.hint] : [`unexpected: ${String(error)}`, ''];
  return { outcome: 'failed', error: { message, hint } };
}

const now = (): string => new Date().toISOString();
