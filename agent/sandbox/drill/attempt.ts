import type { Guard } from '../plan/runtime.ts';

/** One way to try to get out. Its code runs inside, in the server's own process. */
export interface Attempt {
  /** Unique in its class. */
  readonly id: string;
  readonly attempt: string;
  /** From `inside`; what it returns is what was observed. */
  readonly code: string;
  /** What must be observed. Never an error that a missing tool would give as well. */
  readonly expected: RegExp;
  /** A denial that must be on the broker's record, as `host:port reason`. */
  readonly recorded?: RegExp;
  /** Requests that may reach the allowed API meanwhile, as `METHOD target`; without, none may. */
  readonly mayReach?: RegExp;
  /** One request must reach the API: its body, and with the real credential and no header that is not passed on. */
  readonly reaches?: { readonly body: RegExp; readonly bearer?: true };
  /** Would leave this machine or harm it where the runtime does not guard against that: it is not run there. */
  readonly guardedBy?: Guard;
  /** Made in the first milliseconds of the server's life, and asked for later. */
  readonly atStart?: true;
  /** Another server, agreed to before the attempt and started after it: what that one observes is judged as well. */
  readonly startedAfter?: StartedAfter;
  /** Ends its server, or uses it up: it gets one of its own. */
  readonly alone?: true;
  /**
   * Its code says to `misbehave` how a server of its own speaks MCP. Observed is what reached a client behind the gate,
   * and what the audit log says of the server's end.
   */
  readonly speaksMcp?: true;
  /** The client speaks MCP of 2026-07-28, without `initialize`. */
  readonly modern?: true;
  /** A tool was left out, and the arguments of another are bounded: the client tries both. */
  readonly limited?: true;
}

/** A server that was given a folder in the one that the hostile server may write; it is called as the attempt's id. */
export interface StartedAfter {
  readonly as: 'granted folder' | 'code';
  readonly containerPath?: string;
  /** Something is mounted at `inside` of its folder. */
  readonly mountInside?: true;
  /** What it does. */
  readonly code: string;
}

export interface AttemptClass {
  readonly name: string;
  /** What holds for all of its attempts, in words. */
  readonly must: string;
  readonly attempts: readonly Attempt[];
}

const REFUSAL =
  '(ECONNRESET|closed) (.{6}1|HTTP/1\\.1 403 Forbidden\\r\\n.*SpendWise broker: .*was not granted\\n)?';
/** The broker's refusal, in the language of the port (a TLS alert, a 403 with the reason), and no byte of anybody else's. */
export const REFUSED = new RegExp(`^${REFUSAL}$`, 's');
/** The same, or the kernel knew no way there. */
export const REFUSED_OR_NO_ROUTE = new RegExp(`^(${REFUSAL}|(ENETUNREACH|EADDRNOTAVAIL) )$`, 's');

/** What the attempts are told of the place: where the drill's own listeners are, and what was granted. */
export interface Values {
  readonly ACCOUNT: string;
  /** The owner's number, the one allowed recipient. */
  readonly OWNER: string;
  readonly SENDER: string;
  /** Path of the account's messages. */
  readonly MESSAGES: string;
  /** Granted folders; the first holds `data.txt`, and `link` to the secret beside it. */
  readonly READABLE: string;
  readonly WRITABLE: string;
  /** Not granted: a file of the host with a secret in it. */
  readonly SECRET: string;
  /** Listeners on the host's loopback, each protocol and family on a port of its own. */
  readonly TCP: number;
  readonly TCP6: number;
  readonly UDP: number;
  readonly UDP6: number;
  /** Unix sockets on which the host listens: one by path, one in the readable folder, one abstract. */
  readonly SOCKET: string;
  readonly GRANTED_SOCKET: string;
  readonly ABSTRACT: string;
  /** An address of this machine on its network. */
  readonly BRIDGE: string;
  /** A granted domain without rules, at 443: answers a client that has ended its half with 16 MB. */
  readonly LARGE: string;
  /** Another server of the same runtime: where it listens, and the file it wrote to its `/tmp`. */
  readonly NEIGHBOUR: { readonly port: number; readonly abstract: string; readonly file: string };
}

/** What the hostile server hands to an attempt; `hostile-server.mjs` says what each does. */
export interface Inside {
  readonly fs: typeof import('node:fs');
  readonly net: typeof import('node:net');
  readonly dns: typeof import('node:dns');
  readonly tls: typeof import('node:tls');
  readonly dgram: typeof import('node:dgram');
  readonly children: typeof import('node:child_process');
  readonly os: typeof import('node:os');
  readonly threads: typeof import('node:worker_threads');
  readonly tcp: (host: string, port: number, data?: string | Uint8Array) => Promise<string>;
  readonly unix: (path: string) => Promise<string>;
  readonly udp: (host: string, port: number, data?: string | Uint8Array) => Promise<string>;
  readonly overTls: (
    options: import('node:tls').ConnectionOptions,
    data?: string | Uint8Array,
  ) => Promise<string>;
  readonly speak: (http: string) => Promise<string>;
  readonly api: (path: string, init?: RequestInit) => Promise<string>;
  readonly notes: (path: string, init?: RequestInit) => Promise<string>;
  readonly form: (fields: Record<string, string> | [string, string][]) => RequestInit;
  readonly attempt: (action: () => unknown) => Promise<string>;
  readonly tool: (program: string, ...args: string[]) => Promise<string>;
  readonly syscall: (name: string, ...args: (number | string | null)[]) => string;
  readonly program: (at: string, name: string, ...args: (number | string | null)[]) => string;
  readonly gateway: () => string;
  readonly status: (pid: string, field: string) => string;
  readonly sleep: (ms: number) => Promise<void>;
  readonly started: (id: string) => Promise<string>;
  readonly misbehave: (how: Misbehaviour) => void;
  readonly ownTool: object;
}

/** Sees each request before it is answered honestly; true: it has answered. `lists` counts how often tools were asked for. */
export type Misbehaviour = (
  request: {
    readonly id: number | string;
    readonly method: string;
    readonly params?: { readonly cursor?: string };
  },
  say: (message: object) => void,
  lists: number,
) => boolean;

/**
 * The text of a function that runs inside. It travels as text: it must refer to nothing around it, and what it needs
 * of this side comes as further arguments.
 */
export const inside = <Args extends readonly unknown[]>(
  run: (inside: Inside, values: Values, ...args: Args) => unknown,
  ...args: Args
): string => `return (${run})(inside, values, ...${JSON.stringify(args)});`;

/**
 * An attempt whose action, which travels as text as well, must fail or come to nothing. Observed is the error's code, or
 * `done` and what came of it.
 */
export const fails = (
  id: string,
  attempt: string,
  action: (inside: Inside, values: Values) => unknown,
  expected = /^(EROFS|EACCES|EPERM)$/,
  guardedBy?: 'machine',
): Attempt => ({
  id,
  attempt,
  code: `return inside.attempt(() => (${action})(inside, values));`,
  expected,
  ...(guardedBy ? { guardedBy } : {}),
});
