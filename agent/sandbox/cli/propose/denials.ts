import { z } from 'zod';
import { type AuditLine, fieldText, walkLog } from '../../audit/index.ts';
import { HttpRule } from '../../manifest/http-rules.ts';

/** One kind of denial, however often it came. */
export interface Denial {
  readonly host: string;
  readonly port: number;
  readonly reason: string;
  readonly request: HttpRule | undefined;
  times: number;
  /** How often during a call of each tool; `undefined` is before any call. */
  readonly during: Map<string | undefined, number>;
}

/** A hostile server could make up a new name with each attempt. */
const MAX_KINDS = 1_000;
const MAX_TOOLS = 20;
const MAX_TOOL_NAME = 100;

const Egress = z.object({
  event: z.literal('egress'),
  verdict: z.literal('denied'),
  time: z.string(),
  host: z.string().max(5_000),
  port: z.number().int().min(1).max(65_535),
  reason: z.string(),
  request: HttpRule.optional(),
});

/** Counts the denials of one server, log by log. */
export class DenialCounter {
  readonly #name: string;
  readonly #source: string;
  readonly #since: string;
  readonly #denials = new Map<string, Denial>();
  /** Whose events come next in a log: those before a start are of the server that starts. */
  #running: 'nobody' | 'ours' | 'another' = 'nobody';
  #starting: z.output<typeof Egress>[] = [];
  #tool: string | undefined;
  /** Runs that began since. */
  runs = 0;
  /** Denials of further kinds, over what is kept. */
  further = 0;

  /** Of the server `name` of the manifest file `source`, later than `since` (ISO 8601). */
  constructor(name: string, source: string, since: string) {
    this.#name = name;
    this.#source = source;
    this.#since = since;
  }

  /** In the order in which they first came. */
  get denials(): Denial[] {
    return [...this.#denials.values()];
  }

  /** The next line of a log; `endLog` after the last. */
  add(record: AuditLine['record']): void {
    if (record.server !== this.#name) return;
    if (record.event === 'start') {
      // Another manifest may use the same name.
      this.#running = record.source === this.#source ? 'ours' : 'another';
      this.#tool = undefined;
      if (this.#running === 'ours') {
        if (fieldText(record.time) >= this.#since) this.runs += 1;
        for (const event of this.#starting) this.#count(event);
      }
      this.#starting = [];
    } else if (record.event === 'stop') {
      this.#running = 'nobody';
    } else if (record.event === 'tool_call' && record.denied === undefined) {
      this.#tool = fieldText(record.tool).slice(0, MAX_TOOL_NAME);
    } else if (record.event === 'egress' && record.verdict === 'denied') {
      const read = Egress.safeParse(record);
      if (!read.success || read.data.time < this.#since) return;
      if (this.#running === 'ours') this.#count(read.data);
      else if (this.#running === 'nobody') this.#starting.push(read.data);
    }
  }

  endLog(): void {
    this.#running = 'nobody';
    this.#starting = [];
  }

  #count({ host, port, reason, request }: z.output<typeof Egress>): void {
    const tool = this.#tool;
    const key = JSON.stringify([host, port, reason, request]);
    let denial = this.#denials.get(key);
    if (denial === undefined) {
      if (this.#denials.size >= MAX_KINDS) {
        this.further += 1;
        return;
      }
      denial = { host, port, reason, request, times: 0, during: new Map() };
      this.#denials.set(key, denial);
    }
    denial.times += 1;
    if (denial.during.has(tool) || denial.during.size < MAX_TOOLS)
      denial.during.set(tool, (denial.during.get(tool) ?? 0) + 1);
  }
}

/** Counts the denials in these logs. Returns those that were changed after they were written: they are left out. */
export function countDenials(counter: DenialCounter, logs: readonly string[]): string[] {
  return logs.filter((log) => {
    // Checked first: a changed log must not propose anything. A run may still be writing its own.
    const problem = walkLog(log)?.problem;
    if (problem !== undefined && problem.kind !== 'torn last line') return true;
    walkLog(log, ({ record }) => counter.add(record));
    counter.endLog();
    return false;
  });
}
