/** What happened in one run, in one order: what its page shows. Plain data, made of the run's record, log and ledger. */
export interface Story {
  readonly id: string;
  readonly prompt: string;
  /** Undefined if the run ended without one. */
  readonly answer: string | undefined;
  readonly outcome: 'answered' | 'failed' | 'interrupted' | 'broke off';
  readonly error: { readonly message: string; readonly hint: string } | undefined;
  readonly model: { readonly kind: string; readonly name: string };
  readonly runtime: string;
  /** stand-in, override or live. */
  readonly twilio: string;
  readonly usage: Usage;
  /** Milliseconds of Unix time, of the request. What came before is of the whole session: consents, starts. */
  readonly began: number;
  /** Undefined if the run broke off, or is not finished. */
  readonly ended: number | undefined;
  readonly lanes: readonly Lane[];
  /** Ascending by time, then as they were written. */
  readonly moments: readonly Moment[];
  readonly texts: readonly Text[];
  readonly servers: readonly Server[];
  /** Undefined if no log is known. */
  readonly audit: AuditCheck | undefined;
  /** The page is all that is left: record and log are thrown away with the demo's folder. */
  readonly recordGone?: true;
  /** What the page does not show, and why: damaged lines, a record that was cut, a log that is gone. */
  readonly gaps: readonly string[];
}

export interface Usage {
  readonly calls: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly estimatedCostUsd: number | undefined;
}

/** One row of the timeline. `server:NAME` is a server and its sandbox. */
export type LaneId = 'you' | 'model' | 'demo' | 'door' | `server:${string}` | 'broker' | 'phone';

export interface Lane {
  readonly id: LaneId;
  readonly name: string;
  /** What this lane is, in a few words. */
  readonly about: string;
}

/**
 * passed: it was let through. stopped: policy, broker or a person refused it. asked: a person was asked. failed: it was
 * let through and did not work. unknown: nobody knows how it ended. plain: there was nothing to decide.
 */
export type Verdict = 'plain' | 'passed' | 'asked' | 'stopped' | 'failed' | 'unknown';

export interface Moment {
  /** Its number from 1, which is its name in the page. */
  readonly n: number;
  readonly lane: LaneId;
  /** Milliseconds of Unix time. A bar has an end; it may be open (the run broke off): then its end is the last moment's. */
  readonly from: number;
  readonly to?: number | undefined;
  readonly verdict: Verdict;
  /** One line: `send_sms`, `collector.example:53`. */
  readonly title: string;
  /** Why it was decided as it was: the rule, the grant, the reason. */
  readonly because?: string | undefined;
  readonly facts: readonly (readonly [name: string, value: string])[];
  /** Longer texts, as they were: arguments, the result as the model saw it. */
  readonly bodies: readonly Body[];
  /** It was played, for a demonstration: the note that says by whom. */
  readonly played?: string | undefined;
  /** The line of the audit log that proves it. */
  readonly audit?: { readonly line: number; readonly hash: string; readonly text: string } | undefined;
  /** How many equal ones in a row this one stands for; `to` is then the time of the last. */
  readonly times?: number | undefined;
  /** Moments of one call or one text have the same number of the first: what leads to what. */
  readonly thread?: number | undefined;
}

export interface Body {
  readonly name: string;
  readonly text: string;
  /** How many more characters it had, if it was cut. */
  readonly more?: number;
}

/** A text message of this run, from the ledger. */
export interface Text {
  /** Numbers are masked. */
  readonly to: string;
  readonly body: string;
  readonly state: string;
}

/** A server as the topology shows it. */
export interface Server {
  readonly name: string;
  /** docker, bubblewrap, process; undefined if no start is on record. */
  readonly runtime: string | undefined;
  readonly isolated: boolean;
  /** How it ended, if the run was not over then: `exit code 4`. */
  readonly ended?: string | undefined;
  /** What a person granted, in words: `domain: api.twilio.com:443`. */
  readonly granted: readonly string[];
  readonly refused: readonly string[];
  /** What the model asked of it. */
  readonly calls: Counts;
  /** Calls that SpendWise made by itself, such as looking up what became of a text. */
  readonly own: number;
  readonly hosts: readonly Host[];
}

/** `sandbox: docker`. */
export const whereItRan = ({ runtime, isolated }: Pick<Server, 'runtime' | 'isolated'>): string =>
  runtime === undefined
    ? 'no start on record'
    : isolated
      ? `sandbox: ${runtime}`
      : `${runtime}, NOT a sandbox`;

/** It runs without a sandbox: it can reach anything, and nobody sees what. */
export const isOpen = ({ runtime, isolated }: Server): boolean => runtime !== undefined && !isolated;

export interface Host {
  readonly host: string;
  /** Undefined for all hosts together that are not listed. */
  readonly port: number | undefined;
  readonly counts: Counts;
  /** The last reason to stop it, or else to let it pass. */
  readonly because: string;
}

export const addressOf = ({ host, port }: Pick<Host, 'host' | 'port'>): string =>
  port === undefined ? host : `${host}:${port}`;

/** unknown: nobody knows how they ended. */
export type Counts = Readonly<Record<'passed' | 'stopped' | 'failed' | 'unknown', number>>;

export const NO_COUNTS: Counts = { passed: 0, stopped: 0, failed: 0, unknown: 0 };

export interface AuditCheck {
  /** The log's name. */
  readonly log: string;
  readonly lines: number;
  /** The hash of its last line; undefined if it has none. */
  readonly head: string | undefined;
  /** What is wrong with it; undefined if it is as it was written. */
  readonly problem: string | undefined;
}
