import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, fstatSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { assertStateFile, stateFolderIfThere } from '../foundation/state-folder.ts';
import type { Head, LogPart } from './verify.ts';

/**
 * How the files of a log are named: `NAME.jsonl`, `NAME.2.jsonl`, …; `NAME.jsonl.head` says how far it has come, and
 * `NAME.jsonl.lock` stands while somebody writes.
 */
export const headFile = (log: string): string => `${log}.head`;
export const lockFile = (log: string): string => `${log}.lock`;
export const partFile = (log: string, part: number): string =>
  part === 1 ? log : log.endsWith('.jsonl') ? `${log.slice(0, -6)}.${part}.jsonl` : `${log}.${part}`;

export const runFolder = (stateDir: string): string => join(stateDir, 'audit');

/** In microseconds. */
let lastRun = 0;

/** The log of a new run; names sort by time. */
export function newRunLog(stateDir: string): string {
  // The clock has milliseconds, in which several runs can begin.
  lastRun = Math.max(Date.now() * 1_000, lastRun + 1);
  const micros = String(lastRun % 1_000).padStart(3, '0');
  const time = new Date(Math.floor(lastRun / 1_000))
    .toISOString()
    .replace(/[:.]/g, '-')
    .replace('Z', `${micros}Z`);
  return join(runFolder(stateDir), `${time}-${randomBytes(3).toString('hex')}.jsonl`);
}

export interface LogFiles {
  readonly log: string;
  /** Its parts, its head, and what the server wrote to stderr. */
  readonly files: readonly string[];
}

/** Runs, oldest first; also one of which only a later part or the head is left. None without the folder. */
export function runFiles(stateDir: string): LogFiles[] {
  const folder = runFolder(stateDir);
  const nameOf = (file: string) => /^(.+?)(\.\d+)?\.jsonl(\.head|\.stderr(\.old)?)?$/.exec(file)?.[1];
  const runs = Map.groupBy(list(folder).sort(), nameOf);
  return [...runs]
    .flatMap(([run, names]) =>
      run === undefined
        ? []
        : [{ log: join(folder, `${run}.jsonl`), files: names.map((name) => join(folder, name)) }],
    )
    .sort((a, b) => (a.log < b.log ? -1 : 1));
}

export const runLogs = (stateDir: string): string[] => runFiles(stateDir).map(({ log }) => log);

/**
 * Refuses a folder of runs that others own or may write, and such a file in it; follows no link. Throws NotConfigured. A
 * log that a person names elsewhere is their own affair.
 */
export function assertOwnRuns(stateDir: string): void {
  const folder = stateFolderIfThere(stateDir, 'audit');
  if (folder !== undefined) for (const name of list(folder)) assertStateFile(join(folder, name));
}

/** The log that a person names: a file (or a later part of one), or a run or the beginning of its name. */
export function findLog(stateDir: string, name: string): string {
  const whole = name.replace(/\.\d+\.jsonl$/, '.jsonl');
  for (const file of [whole, name]) if (existsSync(headFile(file))) return resolve(file);
  const runs = existsSync(name) ? [] : runLogs(stateDir).filter((log) => basename(log).startsWith(name));
  return runs.length === 1 ? (runs[0] as string) : resolve(name);
}

/** Numbers of the parts that are there, ascending. */
export function partNumbers(log: string): number[] {
  const [before = '', after = ''] = basename(partFile(log, 0)).split(/\.0(?=\.jsonl$|$)/);
  const numbers = list(dirname(log)).flatMap((name) => {
    if (name === basename(log)) return [1];
    if (!name.startsWith(`${before}.`) || !name.endsWith(after)) return [];
    const number = name.slice(before.length + 1, name.length - after.length);
    return /^([2-9]|[1-9]\d{1,8})$/.test(number) ? [Number(number)] : [];
  });
  return numbers.sort((a, b) => a - b);
}

/** The parts of a log, read piece by piece as they are asked for. */
export function* readParts(log: string): Generator<LogPart> {
  for (const number of partNumbers(log)) yield { number, bytes: readPieces(partFile(log, number)) };
}

/** Not what is added meanwhile: a log may grow as fast as it is read. */
export function* readPieces(file: string): Generator<Buffer> {
  const descriptor = openSync(file, 'r');
  try {
    const piece = Buffer.alloc(256 * 1024);
    for (let left = fstatSync(descriptor).size, size = 1; left > 0 && size > 0; left -= size) {
      size = readSync(descriptor, piece, 0, Math.min(left, piece.length), null);
      if (size > 0) yield piece.subarray(0, size);
    }
  } finally {
    closeSync(descriptor);
  }
}

const HeadText = z.strictObject({
  lines: z.number().int().min(0),
  part: z.number().int().min(1),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
});

/** Of fixed length, so that it can be overwritten in place. */
export const encodeHead = ({ lines, part, hash }: Head): Buffer =>
  Buffer.from(
    `{"lines":${String(lines).padStart(15)},"part":${String(part).padStart(9)},"hash":"${hash}"}\n`,
  );

/** Undefined when it is missing or unreadable: a log that was cut off then cannot be detected. */
export function readHead(log: string): Head | undefined {
  try {
    return HeadText.parse(JSON.parse(readFileSync(headFile(log), 'utf8')));
  } catch {
    return undefined;
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
