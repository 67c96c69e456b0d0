import { type AuditLine, fieldText, isDenial } from '@spendwise/sandbox/audit';
import { type LaneId, type Moment, type Verdict, whereItRan } from '../story.ts';
import { answered, atServer, type Call, ofCall, titleOf } from './call.ts';
import { cut, textOf } from './cut.ts';
import type { Draft, Kept } from './kept.ts';
import { isOfRun, type LogOfRun } from './log-of-run.ts';
import { Matching } from './matching.ts';
import type { RecordReader } from './record.ts';
import type { Servers } from './servers.ts';

const VERDICTS: Readonly<Record<string, Verdict>> = {
  allowed: 'passed',
  granted: 'passed',
  asked: 'asked',
  denied: 'stopped',
  refused: 'stopped',
  failed: 'failed',
};
const verdictOf = (verdict: unknown): Verdict =>
  (typeof verdict === 'string' && Object.hasOwn(VERDICTS, verdict) && VERDICTS[verdict]) || 'unknown';

/** Reads the audit log of a run line by line, beside the calls of its record. Fields of a line may hold anything. */
export class LogReader {
  readonly #record: RecordReader;
  readonly #matching: Matching;
  readonly #kept: Kept;
  readonly #servers: Servers;
  readonly #log: LogOfRun;
  readonly #running = new Map<string, Draft>();
  #time = 0;
  lines = 0;
  head: string | undefined;
  readonly gaps = new Set<string>();

  constructor(record: RecordReader, kept: Kept, servers: Servers, log: LogOfRun) {
    this.#record = record;
    this.#matching = new Matching(record.calls);
    this.#kept = kept;
    this.#servers = servers;
    this.#log = log;
  }

  readonly take = (line: AuditLine): void => {
    this.lines = line.line;
    this.head = line.hash;
    if (!isOfRun(line, this.#log)) return;
    // Without a time of its own, it happened when the one before did.
    this.#time = Date.parse(fieldText(line.record.time)) || this.#time;
    this.#read(line);
  };

  #read(line: AuditLine) {
    const { event, server } = line.record;
    switch (event) {
      case 'consent':
        return this.#consent(line);
      case 'start':
        return this.#start(line);
      case 'stop':
        return this.#stop(line);
      case 'policy':
        return this.#policy(line, this.#callOf(line));
      case 'approval':
        return this.#approval(line, this.#callOf(line));
      case 'tool_call':
        return this.#toolCall(line, this.#callOf(line));
      case 'egress':
        return this.#egress(line);
      case 'tools_left_out':
        return this.#add(line, this.#lane(line), 'plain', `tools left out: ${textOf(line.record.tools)}`);
      case 'log_full':
        this.gaps.add('the audit log reached its size limit: what happened later is not in it');
    }
    const verdict = isDenial(line.record) ? 'stopped' : 'plain';
    this.#add(line, server === undefined ? 'door' : this.#lane(line), verdict, textOf(event));
  }

  #consent(line: AuditLine): void {
    const { server, permission, verdict, reason } = line.record;
    const what = textOf(permission).replace(/^Allow access to /, '');
    this.#servers.asked(textOf(server), what, verdict === 'granted');
    // A refusal needs no reason: it was asked for.
    const because = verdict === 'granted' && reason !== undefined ? textOf(reason) : undefined;
    this.#add(line, 'you', verdictOf(verdict), `${textOf(verdict)}: ${what}`, { because });
  }

  #start(line: AuditLine): void {
    const { server, runtime, isolated, manifest, source } = line.record;
    this.#servers.started(textOf(server), textOf(runtime), isolated === true);
    const draft: Draft = {
      lane: this.#lane(line),
      from: this.#time,
      verdict: 'plain',
      title: whereItRan({ runtime: textOf(runtime), isolated: isolated === true }),
      facts: [
        ['isolated', isolated === true ? 'yes' : 'no'],
        ['manifest', textOf(manifest)],
        ['from', textOf(source)],
      ],
      lasting: true,
    };
    this.#running.set(draft.lane, this.#kept.add(draft, line));
  }

  #stop(line: AuditLine) {
    const { server } = line.record;
    const [lane, how] = [this.#lane(line), textOf(line.record.how)];
    const running = this.#running.get(lane);
    if (running === undefined) return this.#add(line, lane, 'plain', `stopped: ${how}`);
    this.#running.delete(lane);
    running.to = this.#time;
    running.facts = [
      ...(running.facts ?? []),
      ['ended', how],
      ['its end in the log', `line ${line.line}, ${line.hash}`],
    ];
    // Nobody stops a server while a run goes on.
    if (this.#record.isOver(this.#time)) return;
    running.verdict = 'failed';
    running.title = `ended early: ${how}`;
    this.#servers.ended(textOf(server), how);
  }

  #policy(line: AuditLine, call: Call | undefined): void {
    const { server, tool, verdict, reason } = line.record;
    const decided = verdictOf(verdict);
    if (decided === 'stopped') {
      if (call) call.refused = true;
      else this.#servers.called(this.#record.nameOf(textOf(server)), 'stopped');
    }
    if (call && decided === 'asked') call.asked ??= this.#time;
    this.#add(line, 'door', decided, call ? titleOf(call) : textOf(tool), {
      because: textOf(reason),
      ...(call && ofCall(call)),
    });
  }

  #approval(line: AuditLine, call: Call | undefined): void {
    const { tool, verdict } = line.record;
    const asked = call?.approvals.shift();
    if (call && verdict !== 'granted') call.refused = true;
    if (asked) this.#kept.add({ ...answered(asked, call), to: this.#time }, line);
    else this.#add(line, 'you', verdictOf(verdict), textOf(tool), { because: textOf(verdict), call });
  }

  #toolCall(line: AuditLine, call: Call | undefined): void {
    const { server, tool, denied } = line.record;
    if (call && denied === undefined) {
      call.reached = true;
      this.#kept.add(atServer(call, this.#time, this.#servers), line);
      return;
    }
    if (call) call.refused = call.reached = true;
    else if (denied === undefined) this.#servers.calledBySpendWise(textOf(server));
    else this.#servers.called(textOf(server), 'stopped');
    this.#add(line, this.#lane(line), denied === undefined ? 'plain' : 'stopped', textOf(tool), {
      because: denied === undefined ? 'by SpendWise itself, not the model' : textOf(denied),
      ...(call && ofCall(call)),
    });
  }

  #egress(line: AuditLine): void {
    const { server, host, port, verdict, reason } = line.record;
    const decided = verdictOf(verdict);
    const count = decided === 'passed' || decided === 'stopped' ? decided : 'failed';
    const [name, because] = [textOf(host), textOf(reason)];
    const place = { host: name, port: typeof port === 'number' ? port : 0, because };
    this.#servers.connected(textOf(server), place, count);
    this.#add(line, 'broker', decided, cut(`${name}:${textOf(port)}`), {
      because,
      call: this.#matching.during(this.#time, textOf(server)),
    });
  }

  #add(line: AuditLine, lane: LaneId, verdict: Verdict, title: string, more: Partial<Draft> = {}): void {
    const { server } = line.record;
    const facts = server === undefined ? undefined : this.#factsOf(this.#record.nameOf(textOf(server)));
    this.#kept.add({ lane, from: this.#time, verdict, title, facts, ...more }, line);
  }

  /** One list for all lines of a server that follow each other: lines of two servers are never one moment. */
  #factsOf(server: string): Moment['facts'] {
    if (this.#facts[0][1] !== server) this.#facts = [['server', server]];
    return this.#facts;
  }
  #facts: [readonly [name: string, value: string]] = [['server', '']];

  #callOf = ({ record: { server, tool } }: AuditLine): Call | undefined =>
    this.#matching.callAt(this.#time, server, tool);

  #lane = ({ record }: AuditLine): LaneId => this.#servers.laneOf(textOf(record.server));
}
