import { once } from 'node:events';
import { connect, isIP } from 'node:net';
import type { Duplex, Readable, Writable } from 'node:stream';
import { z } from 'zod';
import { encodeFrame, type Frame, FrameReader, FrameType, ProtocolError } from '../gateway/frames.ts';
import { Mux } from '../gateway/mux.ts';
import { splice } from '../gateway/splice.ts';
import { nameMatches } from '../manifest/host-name.ts';
import type { HttpAccess } from '../manifest/http-rules.ts';
import { type Diversion, NAME_NOT_GRANTED, type OnEgress } from '../plan/egress.ts';
import type { LaunchPlan } from '../plan/launch-plan.ts';
import { bounded } from './bounded-record.ts';
import type { serverNameOf } from './client-hello.ts';
import { Dialer, NotPublic } from './dial.ts';
import type { DomainGrant, EgressPolicy, HostGrant } from './egress-policy.ts';
import { inWords } from './in-words.ts';
import { refuseConnection, refuseServerName } from './refuse.ts';
import type { Terminator } from './terminate.ts';
import { trusted } from './trust.ts';

const DIAL_MS = 10_000;
const PING_MS = 3_000;
/** A connection that is idle for so long is closed. */
const IDLE_MS = 10 * 60_000;
/** A gateway that leaves more than this unread is broken or hostile. */
const MAX_UNREAD_BYTES = 32 * 1024 * 1024;
const Ready = z.strictObject({ ports: z.array(z.number()) });
const Open = z.strictObject({
  address: z.union([z.ipv4(), z.ipv6()]),
  port: z.number().int().min(1).max(65535),
});
const Attempt = z.strictObject({ dns: z.string().max(300) });

export interface BrokerOptions {
  readonly plan: LaunchPlan;
  readonly policy: EgressPolicy;
  readonly record: OnEgress;
  readonly dialer?: Dialer | undefined;
}

export interface GatewayStages {
  /** Resolves when the gateway's container runs. */
  readonly started: Promise<void>;
  /** Resolves when the gateway listens and has given up all privileges. */
  readonly ready: Promise<void>;
}

/**
 * The only door to the network, in the host process: decides on every connection that the gateway passes up, dials by
 * itself, and records each decision at once. Trusts nothing that comes from the pod.
 */
export class Broker {
  /** PEM of the authorities that the workload is to trust, when a grant has HTTP rules. */
  readonly authorities: string | undefined;
  readonly #options: BrokerOptions;
  readonly #dialer: Dialer;
  readonly #terminators: ReadonlyMap<DomainGrant, Terminator>;
  readonly #serverNameOf: typeof serverNameOf;

  private constructor(
    options: BrokerOptions,
    dialer: Dialer,
    authorities: string | undefined,
    terminators: ReadonlyMap<DomainGrant, Terminator>,
    readsNames: typeof serverNameOf,
  ) {
    this.#options = options;
    this.#dialer = dialer;
    this.authorities = authorities;
    this.#terminators = terminators;
    this.#serverNameOf = readsNames;
  }

  static async create(options: BrokerOptions): Promise<Broker> {
    const { plan, dialer = new Dialer() } = options;
    const record = bounded(options.record);
    const withRules = plan.granted.filter(
      (p): p is DomainGrant & { http: HttpAccess } => p.type === 'domain' && p.http !== undefined,
    );
    // Here, for a gateway starts meanwhile: its parser of ClientHellos is slow to load.
    const { serverNameOf } = await import('./client-hello.ts');
    if (withRules.length === 0)
      return new Broker({ ...options, record }, dialer, undefined, new Map(), serverNameOf);
    // Slow to load (a hundred X.509 modules, HTTPS), so only for grants with HTTP rules.
    const [{ createRunCa }, { Terminator }] = await Promise.all([
      import('./run-ca.ts'),
      import('./terminate.ts'),
    ]);
    const ca = await createRunCa(withRules.map(({ domain }) => domain));
    const terminators = new Map<DomainGrant, Terminator>();
    for (const grant of withRules) {
      const { domain: host, port } = grant;
      const terminator = new Terminator({
        grant,
        identity: await ca.issue(host),
        env: plan.env,
        dialer,
        diversion: diversionFor(plan.diversions, grant),
        record: (verdict, reason, request) =>
          record({ host, port, verdict, reason, ...(request && { request }) }),
      });
      terminators.set(grant, terminator);
    }
    return new Broker(
      { ...options, record },
      dialer,
      trusted(plan.granted, ca.certificate),
      terminators,
      serverNameOf,
    );
  }

  /**
   * Serves a gateway over its stdio until it ends. Both promises reject when it ends before, or breaks the protocol;
   * `fail` is called when it does so later.
   */
  attach(gateway: { stdin: Writable; stdout: Readable }, fail: (reason: string) => void): GatewayStages {
    const [started, ready] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    for (const stage of [started, ready]) stage.promise.catch(() => {});
    const { stdin, stdout } = gateway;
    let over = false;
    const end = (reason: string) => {
      if (over) return;
      over = true;
      clearInterval(ping);
      stdout.removeListener('data', receive);
      stdout.resume();
      mux.destroy();
      for (const terminator of this.#terminators.values()) terminator.close();
      for (const stage of [started, ready]) stage.reject(new Error(`the gateway ${reason}`));
    };
    const giveUp = (reason: string) => {
      if (over) return;
      end(reason);
      fail(`the gateway ${reason}`);
    };
    const send = (frame: Buffer) => {
      if (over) return;
      stdin.write(frame);
      if (stdin.writableLength > MAX_UNREAD_BYTES) giveUp('does not read');
    };
    const mux = new Mux(send);
    const reader = new FrameReader();
    const ping = setInterval(() => send(encodeFrame(FrameType.PING, 0)), PING_MS).unref();
    const receive = (chunk: Buffer) => {
      try {
        for (const frame of reader.push(chunk)) {
          if (over) return;
          if (frame.type === FrameType.STARTED) started.resolve();
          else this.#receive(frame, mux, ready.resolve);
        }
      } catch (error) {
        const broken = error instanceof ProtocolError || error instanceof z.ZodError;
        giveUp(broken ? 'broke the protocol' : String(error));
      }
    };
    stdout.on('data', receive);
    stdout.on('close', () => end('ended'));
    return { started: started.promise, ready: ready.promise };
  }

  #receive(frame: Frame, mux: Mux, ready: () => void): void {
    switch (frame.type) {
      case FrameType.READY:
        Ready.parse(json(frame));
        ready();
        break;
      case FrameType.OPEN: {
        const target = Open.parse(json(frame));
        if (mux.full) {
          mux.refuse(frame.stream);
          this.#deny(target, 'too many connections are open');
          break;
        }
        const stream = mux.open(frame.stream);
        this.#serve(stream, target).catch(() => stream.destroy());
        break;
      }
      case FrameType.ATTEMPT: {
        const { dns } = Attempt.parse(json(frame));
        this.#options.record({
          host: dns,
          port: 53,
          verdict: 'denied',
          reason: NAME_NOT_GRANTED,
        });
        break;
      }
      default:
        mux.receive(frame);
    }
  }

  #deny(target: z.infer<typeof Open>, reason: string): void {
    const { host } = this.#options.policy.decide(target);
    this.#options.record({ host, port: target.port, verdict: 'denied', reason });
  }

  async #serve(stream: Duplex, target: z.infer<typeof Open>): Promise<void> {
    const decision = this.#options.policy.decide(target);
    const { port } = target;
    const { host } = decision;
    const deny = (reason: string) => {
      this.#options.record({ host, port, verdict: 'denied', reason });
      refuseConnection(stream, port, `${host}:${port}: ${reason}`);
    };
    const grant = decision.allow;
    if (grant === undefined) return deny(decision.reason);
    if (grant.type === 'host') {
      const address = isIP(host) === 0 ? await this.#addressOf(stream, { host, port }, host) : host;
      return address === undefined ? undefined : this.#splice(stream, { host, port }, { address, port });
    }

    const { name, problem } = await this.#serverNameOf(stream);
    if (stream.destroyed) return;
    if (name === undefined || !nameMatches(host, name)) {
      const reason = problem ?? `TLS for another server name, ${name}`;
      this.#options.record({ host, port, verdict: 'denied', reason });
      return refuseServerName(stream);
    }
    // #region own-rules
    // A name at a wildcard's address may have a grant of its own: its rules hold for it wherever it is asked for.
    const own = this.#options.policy.grantFor(name, port) ?? grant;
    const terminator = own.type === 'domain' ? this.#terminators.get(own) : undefined;
    if (terminator) return terminator.accept(stream);
    // #endregion
    const diversion = diversionFor(this.#options.plan.diversions, own);
    if (diversion) {
      const { hostname: address, port: divertedTo } = diversion.target;
      return this.#splice(stream, { host, port }, { address, port: Number(divertedTo) });
    }
    const address = await this.#addressOf(stream, { host, port }, name);
    if (address !== undefined) await this.#splice(stream, { host: name, port }, { address, port });
  }

  /** A checked address of a granted name; undefined when there is none, which is on record then. */
  async #addressOf(
    stream: Duplex,
    { host, port }: { host: string; port: number },
    name: string,
  ): Promise<string | undefined> {
    try {
      return (await this.#dialer.addressOf(name)).address;
    } catch (error) {
      const verdict = error instanceof NotPublic ? 'denied' : 'failed';
      const reason = `${verdict === 'failed' ? 'nothing was sent: ' : ''}${inWords(error)}`;
      this.#options.record({ host, port, verdict, reason });
      refuseConnection(stream, port, `${host}:${port}: ${reason}`);
      return undefined;
    }
  }

  /** Passes bytes in both directions, to an address that was checked. */
  async #splice(
    stream: Duplex,
    { host, port }: { host: string; port: number },
    to: { address: string; port: number },
  ): Promise<void> {
    // The workload may have closed the connection meanwhile.
    if (stream.destroyed) return;
    this.#options.record({ host, port, verdict: 'allowed', reason: 'granted' });
    const upstream = connect({ host: to.address, port: to.port, allowHalfOpen: true });
    try {
      await once(upstream, 'connect', { signal: AbortSignal.timeout(DIAL_MS) });
    } catch (error) {
      upstream.destroy();
      this.#options.record({ host, port, verdict: 'failed', reason: `nothing was sent: ${inWords(error)}` });
      return void stream.destroy();
    }
    if (stream.destroyed) return void upstream.destroy();
    upstream.setTimeout(IDLE_MS, () => upstream.destroy());
    splice(stream, upstream);
  }
}

const json = ({ payload }: Frame): unknown => {
  try {
    return JSON.parse(payload.toString('utf8'));
  } catch {
    throw new ProtocolError('a payload that is not JSON');
  }
};

const diversionFor = (
  diversions: readonly Diversion[],
  grant: DomainGrant | HostGrant,
): Diversion | undefined =>
  diversions.find((o) => grant.type === 'domain' && o.domain === grant.domain && o.port === grant.port);
