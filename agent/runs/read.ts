import { closeSync, constants, fstatSync, readSync } from 'node:fs';
import { Failed, SpendwiseError } from '@spendwise/sandbox/errors';
import { openStateFile, plainText } from '@spendwise/sandbox/foundation';
import { NOTHING_USED } from '../loop/run-meter.ts';
import {
  isKnown,
  type KnownEvent,
  parseEvent,
  type RunEnd,
  type RunStart,
  type UnknownEvent,
} from './event.ts';
import { runFile } from './files.ts';
import { MAX_LINE_BYTES } from './line.ts';

/** Maximum bytes read. Files that we write are shorter. */
const MAX_READ_BYTES = 2 * 1024 * 1024;

/** A run from its file. All texts are safe to show. */
export interface RecordedRun {
  readonly id: string;
  /** Undefined if the first line is damaged. */
  readonly start: RunStart | undefined;
  readonly events: readonly (KnownEvent | UnknownEvent)[];
  /** Undefined if the run was broken off, or is not finished. */
  readonly end: RunEnd | undefined;
  /** Numbers of the damaged lines, which are left out, from 1. */
  readonly damaged: readonly number[];
  /** True if the file is longer than the limit. */
  readonly tooLong: boolean;
}

export function readRun(stateDir: string, id: string): RecordedRun {
  const { bytes, tooLong } = readBounded(runFile(stateDir, id));
  const events: (KnownEvent | UnknownEvent)[] = [];
  const damaged: number[] = [];
  let line = 0;
  for (let from = 0; from < bytes.length; ) {
    const feed = bytes.indexOf(10, from);
    line += 1;
    // A crash can leave an incomplete line after the last line feed.
    const event = feed < 0 ? undefined : decodeLine(bytes.subarray(from, feed));
    if (event) events.push(event);
    else if (feed >= 0 || !tooLong) damaged.push(line);
    from = feed < 0 ? bytes.length : feed + 1;
  }
  const known = events.filter(isKnown);
  return {
    id,
    start: known.find((event) => event.type === 'run'),
    events,
    end: known.findLast((event) => event.type === 'end'),
    damaged,
    tooLong,
  };
}

/** The first line of a run; undefined if it is damaged. Throws Failed. */
export function readStart(stateDir: string, id: string): RunStart | undefined {
  const { bytes } = readBounded(runFile(stateDir, id), MAX_LINE_BYTES);
  const event = decodeLine(bytes.subarray(0, Math.max(0, bytes.indexOf(10))));
  return event !== undefined && isKnown(event) && event.type === 'run' ? event : undefined;
}

function decodeLine(bytes: Buffer): KnownEvent | UnknownEvent | undefined {
  if (bytes.length > MAX_LINE_BYTES) return undefined;
  try {
    return parseEvent(plain(JSON.parse(bytes.toString('utf8'))));
  } catch {
    // Not JSON, or nested too deeply.
    return undefined;
  }
}

/** Makes all texts safe to show, including field names. */
function plain(value: unknown): unknown {
  if (typeof value === 'string') return plainText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(plain);
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [plainText(name), plain(field)]));
}

/** One row of `runs list`, without its texts. */
export interface RunSummary {
  readonly id: string;
  /** ISO 8601, UTC. The fields of the first line are undefined if it is damaged. */
  readonly time: string | undefined;
  readonly prompt: string | undefined;
  readonly model: string | undefined;
  readonly calls: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly outcome: RunEnd['outcome'] | 'broke off';
  readonly damaged: number;
}

export function summarize({ id, start, events, end, damaged }: RecordedRun): RunSummary {
  const usage = events.filter(isKnown).findLast((event) => event.type === 'usage')?.usage ?? NOTHING_USED;
  return {
    id,
    time: start?.time,
    prompt: start?.prompt,
    model: start?.model.name,
    calls: usage.calls,
    inputTokens: usage.inputTokens,
    outputTokens: usage.outputTokens,
    outcome: end?.outcome ?? 'broke off',
    damaged: damaged.length,
  };
}

function readBounded(file: string, most = MAX_READ_BYTES): { bytes: Buffer; tooLong: boolean } {
  let descriptor: number | undefined;
  try {
    descriptor = openStateFile(file, constants.O_RDONLY);
    if (descriptor === undefined) throw new Failed(`${file} is gone`, '`spendwise runs list` shows the runs');
    const stat = fstatSync(descriptor);
    const bytes = Buffer.alloc(Math.min(stat.size, most));
    let size = 0;
    for (let read = 1; read > 0 && size < bytes.length; size += read)
      read = readSync(descriptor, bytes, size, bytes.length - size, size);
    return { bytes: bytes.subarray(0, size), tooLong: stat.size > most };
  } catch (error) {
    // It belongs to others, or is no file: as when it cannot be read, other runs still can.
    if (error instanceof SpendwiseError) throw new Failed(error.message, error.hint, error);
    throw new Failed(`${file} cannot be read`, 'fix its permissions, or delete it', error);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
