import { type Counts, type Host, type LaneId, NO_COUNTS, type Server } from '../story.ts';

/** More than any run has; a log may name as many as it likes. */
const MAX_SERVERS = 20;
const OTHERS = 'other servers';
/** What was reached is listed first: that is no more than was granted. */
const MAX_HOSTS = { passed: 400, stopped: 40, failed: 40 };
const OTHER_HOSTS = { host: 'other hosts', port: undefined };
const MAX_LISTED = 100;

type Changing<T> = { -readonly [Key in keyof T]: T[Key] };

interface Known extends Changing<Omit<Server, 'hosts'>> {
  readonly granted: string[];
  readonly refused: string[];
  readonly calls: Changing<Counts>;
  readonly hosts: Map<string, Changing<Host> & { readonly counts: Changing<Counts> }>;
}

/** The servers of a run, in the order in which they are met. */
export class Servers {
  readonly #known = new Map<string, Known>();

  laneOf(server: string): LaneId {
    return `server:${this.#of(server).name}`;
  }

  asked(server: string, permission: string, granted: boolean): void {
    const list = this.#of(server)[granted ? 'granted' : 'refused'];
    if (list.length < MAX_LISTED) list.push(permission);
  }

  started(server: string, runtime: string, isolated: boolean): void {
    const known = this.#of(server);
    // If it ran without a sandbox once, it was not isolated.
    known.isolated = isolated && (known.runtime === undefined || known.isolated);
    known.runtime = runtime;
    known.ended = undefined;
  }

  ended(server: string, how: string): void {
    this.#of(server).ended = how;
  }

  called(server: string, count: keyof Counts): void {
    this.#of(server).calls[count] += 1;
  }

  calledBySpendWise(server: string): void {
    this.#of(server).own += 1;
  }

  connected(server: string, place: Omit<Host, 'counts'>, count: keyof typeof MAX_HOSTS): void {
    const { hosts } = this.#of(server);
    const { host, port, because } = place;
    const name = `${port} ${host}`;
    const isListed = hosts.size < MAX_HOSTS[count] || hosts.has(name);
    const [key, listed] = isListed ? [name, place] : ['', { ...OTHER_HOSTS, because }];
    const known = hosts.get(key) ?? { ...listed, counts: { ...NO_COUNTS } };
    hosts.set(key, known);
    if (count === 'stopped' || known.counts.stopped === 0) known.because = because;
    known.counts[count] += 1;
  }

  list(): Server[] {
    return [...this.#known.values()].map(({ hosts, ...server }) => ({
      ...server,
      hosts: [...hosts.values()] satisfies Host[],
    }));
  }

  #of(server: string): Known {
    const known = this.#known.get(server);
    if (known !== undefined) return known;
    const name = this.#known.size < MAX_SERVERS ? server : OTHERS;
    const made = this.#known.get(name) ?? {
      name,
      runtime: undefined,
      isolated: false,
      ended: undefined,
      granted: [],
      refused: [],
      calls: { ...NO_COUNTS },
      own: 0,
      hosts: new Map(),
    };
    this.#known.set(name, made);
    return made;
  }
}
