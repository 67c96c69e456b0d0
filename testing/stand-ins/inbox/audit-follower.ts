import { closeSync, constants, lstatSync, readSync } from 'node:fs';
import { textOf } from '../../../agent/pages/run/reading/cut.ts';
import { runFiles } from '../../../agent/sandbox/audit/files.ts';
import { type AuditLine, decodeLine, fieldText } from '../../../agent/sandbox/audit/line.ts';
import { isDenial } from '../../../agent/sandbox/audit/read.ts';
import { cutLines } from '../../../agent/sandbox/audit/verify.ts';
import {
  assertStateFile,
  openStateFile,
  stateFolderIfThere,
} from '../../../agent/sandbox/foundation/state-folder.ts';
import type { Stop } from './stopped.ts';

type Event = AuditLine['record'];

interface Question {
  readonly event: Event;
  /** A yes is on record. The policy is asked again after it, and says `asked` again. */
  readonly agreed: boolean;
}

/** A file of a log. */
interface Part {
  readonly file: string;
  readonly size: number;
  /** How far it was read. */
  readonly from: number;
}

const numberOf = (file: string): number => Number(/\.(\d+)\.jsonl$/.exec(file)?.[1] ?? 1);

/** Only the newest are looked at. */
const MAX_RUNS = 50;
/** Read in one look; what is left is read in the next. */
const MAX_BYTES = 2 * 1024 * 1024;
/** We write no longer line. */
const MAX_LINE = 1024 * 1024;

/**
 * Follows the audit logs of a state folder, read-only: what SpendWise stopped from now on. A line that is damaged, or is no
 * line of an audit log, is passed over.
 */
export class AuditFollower {
  readonly stateDir: string;
  readonly #onStop: (stop: Stop) => void;
  /** How far each log was read. */
  #offsets: ReadonlyMap<string, number> = new Map();
  /** By file of a log: the last call that needs a person's yes, until it is known what became of it. */
  readonly #asked = new Map<string, Question>();

  /** Throws NotConfigured when others can write the folder. */
  constructor(stateDir: string, onStop: (stop: Stop) => void) {
    this.stateDir = stateDir;
    this.#onStop = onStop;
    this.#offsets = new Map(this.#files().map(({ file, size }) => [file, size]));
  }

  /** Reads what was added since the last look. Throws as the constructor does, after all other logs were read. */
  look(): void {
    let left = MAX_BYTES;
    const offsets = new Map<string, number>();
    const problems: unknown[] = [];
    for (const { file, size, from } of this.#files()) {
      offsets.set(file, from);
      try {
        const read = this.#read(file, from, Math.min(size - from, left));
        left -= read;
        offsets.set(file, from + read);
      } catch (error) {
        problems.push(error);
      }
    }
    this.#offsets = offsets;
    for (const file of this.#asked.keys()) if (!offsets.has(file)) this.#asked.delete(file);
    if (problems.length > 0) throw problems[0];
  }

  /** The parts of the newest logs. A log with much to read comes last: it must not keep the others waiting. */
  #files(): Part[] {
    if (stateFolderIfThere(this.stateDir, 'audit') === undefined) return [];
    const unread = (parts: readonly Part[]) => parts.reduce((sum, { size, from }) => sum + size - from, 0);
    return runFiles(this.stateDir)
      .slice(-MAX_RUNS)
      .map(({ files }) => {
        const parts = files
          .filter((file) => file.endsWith('.jsonl'))
          .sort((a, b) => numberOf(a) - numberOf(b));
        return parts.map((file): Part => {
          const size = lstatSync(file, { throwIfNoEntry: false })?.size ?? 0;
          return { file, size, from: this.#offsets.get(file) ?? 0 };
        });
      })
      .sort((a, b) => unread(a) - unread(b))
      .flat();
  }

  /** Returns how many bytes it has dealt with: those of whole lines, or all of a line that is too long. */
  #read(file: string, from: number, length: number): number {
    // Also of a pipe in its place, which has nothing to read.
    assertStateFile(file);
    const descriptor = length > 0 ? openStateFile(file, constants.O_RDONLY) : undefined;
    if (descriptor === undefined) return 0;
    try {
      const bytes = Buffer.alloc(length);
      const read = readSync(descriptor, bytes, 0, length, from);
      const end = bytes.subarray(0, read).lastIndexOf(10) + 1;
      for (const { bytes: line } of cutLines([bytes.subarray(0, end)])) {
        const record = decodeLine(line)?.record;
        if (record !== undefined) this.#take(file, record);
      }
      return end === 0 && read > MAX_LINE ? read : end;
    } finally {
      closeSync(descriptor);
    }
  }

  #take(file: string, event: Event): void {
    const kind = fieldText(event.event);
    const asked = this.#asked.get(file);
    if (SETTLES.has(kind)) this.#asked.delete(file);
    // Where there is no terminal, nobody is asked: the next line is about something else.
    if ((kind === 'policy' || kind === 'stop') && asked?.agreed === false)
      this.#stop('nobody could be asked', asked.event);
    if (event.verdict === 'asked') {
      this.#asked.set(file, { event, agreed: asked?.agreed === true && asked.event.tool === event.tool });
    } else if (kind === 'approval' && event.verdict === 'granted' && asked !== undefined) {
      this.#asked.set(file, { ...asked, agreed: true });
    } else if (isDenial(event)) {
      const why = event.reason ?? event.denied ?? event.permission ?? asked?.event.reason;
      this.#stop(HOW.get(kind) ?? 'by SpendWise', { ...event, reason: why });
    }
  }

  #stop(how: string, { time, server, tool, host, port, reason }: Event): void {
    const at = new Date(fieldText(time));
    const what = host === undefined ? tool : `${textOf(host)}:${textOf(port)}`;
    this.#onStop({
      how,
      what: [server, what]
        .filter((part) => part !== undefined)
        .map(textOf)
        .join(' → '),
      why: textOf(reason),
      time: Number.isNaN(at.getTime()) ? new Date() : at,
    });
  }
}

/** After one of these, an open question is no longer open. */
const SETTLES: ReadonlySet<string> = new Set(['policy', 'approval', 'tool_call', 'stop']);

const HOW: ReadonlyMap<string, string> = new Map([
  ['policy', 'by the tool policy'],
  ['approval', 'a person said no'],
  ['consent', 'a person did not grant it'],
  ['egress', 'by the broker'],
  ['tool_call', 'by the gate'],
]);
