import { closeSync, constants, readSync, statSync } from 'node:fs';
import { partFile, partNumbers, runLogs } from '../../../agent/sandbox/audit/files.ts';
import { type AuditLine, decodeLine } from '../../../agent/sandbox/audit/line.ts';
import { isDenial } from '../../../agent/sandbox/audit/read.ts';
import { cutLines } from '../../../agent/sandbox/audit/verify.ts';
import { openStateFile, stateFolderIfThere } from '../../../agent/sandbox/foundation/state-folder.ts';
import type { Stop } from './stopped.ts';

type Event = AuditLine['record'];

interface Question {
  readonly event: Event;
  /** A yes is on record. The policy is asked again after it, and says `asked` again. */
  readonly agreed: boolean;
}

/** Only the newest are looked at. */
const MAX_RUNS = 50;
/** Read in one look; what is left is read in the next. */
const MAX_BYTES = 2 * 1024 * 1024;

/**
 * Follows the audit logs of a state folder, read-only: what SpendWise stopped from now on. A line that is damaged, or is no
 * line of an audit log, is passed over.
 */
export class AuditFollower {
  readonly stateDir: string;
  readonly #onStop: (stop: Stop) => void;
  /** How far each log was read. */
  #offsets: Map<string, number>;
  /** By log: the last call that needs a person's yes, until it is known what became of it. */
  readonly #asked = new Map<string, Question>();

  /** Throws NotConfigured when others can write the folder. */
  constructor(stateDir: string, onStop: (stop: Stop) => void) {
    this.stateDir = stateDir;
    this.#onStop = onStop;
    this.#offsets = new Map(this.#logs().map(({ file, size }) => [file, size]));
  }

  /** Reads what was added since the last look. Throws as the constructor does. */
  look(): void {
    let left = MAX_BYTES;
    const offsets = new Map<string, number>();
    for (const { file, size } of this.#logs()) {
      const from = this.#offsets.get(file) ?? 0;
      const length = Math.min(size - from, left);
      const read = length > 0 ? this.#read(file, from, length) : 0;
      left -= read;
      offsets.set(file, from + read);
    }
    this.#offsets = offsets;
    for (const file of this.#asked.keys()) if (!offsets.has(file)) this.#asked.delete(file);
  }

  #logs(): { file: string; size: number }[] {
    if (stateFolderIfThere(this.stateDir, 'audit') === undefined) return [];
    return runLogs(this.stateDir)
      .slice(-MAX_RUNS)
      .flatMap((log) => partNumbers(log).map((part) => partFile(log, part)))
      .map((file) => ({ file, size: statSync(file, { throwIfNoEntry: false })?.size ?? 0 }));
  }

  /** Returns how many bytes it has dealt with: those of whole lines, or all where no line ends. */
  #read(file: string, from: number, length: number): number {
    const descriptor = openStateFile(file, constants.O_RDONLY);
    if (descriptor === undefined) return 0;
    try {
      const bytes = Buffer.alloc(length);
      const read = readSync(descriptor, bytes, 0, length, from);
      const end = bytes.subarray(0, read).lastIndexOf(10) + 1;
      for (const { bytes: line } of cutLines([bytes.subarray(0, end)])) {
        const record = decodeLine(line)?.record;
        if (record !== undefined) this.#take(file, record);
      }
      return end === 0 && read === MAX_BYTES ? read : end;
    } finally {
      closeSync(descriptor);
    }
  }

  #take(file: string, event: Event): void {
    const kind = String(event.event);
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
      this.#stop(HOW[kind] ?? 'by SpendWise', { ...event, reason: why });
    }
  }

  #stop(how: string, { time, server, tool, host, port, reason }: Event): void {
    const at = new Date(String(time));
    const what = host === undefined ? tool : `${host}:${port}`;
    this.#onStop({
      how,
      what: [server, what].filter((part) => part !== undefined).join(' → '),
      why: String(reason ?? ''),
      time: Number.isNaN(at.getTime()) ? new Date() : at,
    });
  }
}

/** After one of these, an open question is no longer open. */
const SETTLES: ReadonlySet<string> = new Set(['policy', 'approval', 'tool_call', 'stop']);

const HOW: Readonly<Record<string, string>> = {
  policy: 'by the tool policy',
  approval: 'a person said no',
  consent: 'a person did not grant it',
  egress: 'by the broker',
  tool_call: 'by the gate',
};
