import { constants } from 'node:crypto';
import {
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestOptions,
  type ServerResponse,
} from 'node:http';
import { createServer, Agent as HttpsAgent, request as httpsRequest, type Server } from 'node:https';
import { type Duplex, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { SecureContextOptions, TLSSocket } from 'node:tls';
import { wireName } from '../manifest/host-name.ts';
import { DEFAULT_ANSWER, type HttpAccess, type HttpRule } from '../manifest/http-rules.ts';
import type { Diversion, EgressEvent } from '../plan/egress.ts';
import { ask, NotCompleted } from './ask.ts';
import { Blotter } from './blot.ts';
import { type Credential, credentialOf } from './credential.ts';
import { describeRequest } from './describe-request.ts';
import { type Dialer, NotPublic } from './dial.ts';
import type { DomainGrant } from './egress-policy.ts';
import { handshakeProblem, NO_REQUEST } from './handshake.ts';
import { BodyReader, encoded } from './http-body.ts';
import { inWords } from './in-words.ts';
import { type HttpBody, matchRules } from './match-rules.ts';

const MAX_HEADER_BYTES = 16 * 1024;
const REQUEST_MS = 15_000;

/** Request headers that are passed on. All others are dropped. */
const REQUEST_HEADERS = ['content-type', 'accept', 'accept-encoding', 'user-agent'] as const;
/** Belongs to one connection, not to the answer (RFC 9110), or would make the workload trust the upstream with more. */
const NOT_PASSED_BACK: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'alt-svc',
  'set-cookie',
  'strict-transport-security',
]);

export interface TerminatorOptions {
  readonly grant: DomainGrant & { readonly http: HttpAccess };
  readonly identity: SecureContextOptions;
  /** Operator's values of granted variables, for rules and the credential. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly dialer: Dialer;
  readonly diversion: Diversion | undefined;
  /** `refused`: of a request that no rule allows, the narrowest that would. */
  readonly record: (verdict: EgressEvent['verdict'], reason: string, refused?: HttpRule) => void;
}

/**
 * Ends TLS for one domain, lets through the requests its rules describe, with the real credential put in, and answers
 * every other one with 403 and the reason.
 */
export class Terminator {
  readonly #options: TerminatorOptions;
  readonly #server: Server;
  readonly #agent: HttpsAgent;
  readonly #credential: Credential | undefined;
  readonly #bodies: BodyReader;
  /** Used for every response to the server, and every recorded reason. */
  readonly #blotter: Blotter;
  /** Aborts when the pod is gone: nothing may go out after that. */
  readonly #over = new AbortController();

  constructor(options: TerminatorOptions) {
    this.#options = options;
    const { env, grant } = options;
    const { credential } = grant.http;
    this.#bodies = new BodyReader(grant.http);
    this.#credential = credential && credentialOf(credential, env);
    const { secret = '', username } = this.#credential ?? {};
    this.#blotter = new Blotter(secret, username);
    this.#agent = new HttpsAgent({ keepAlive: true, maxSockets: 8 });
    this.#server = createServer(
      {
        ...options.identity,
        minVersion: 'TLSv1.2',
        // TLS 1.2 allows renegotiation: a client could make the host repeat handshakes before it sends a request.
        secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
        ALPNProtocols: ['http/1.1'],
        maxHeaderSize: MAX_HEADER_BYTES,
        headersTimeout: REQUEST_MS,
        requestTimeout: REQUEST_MS,
        insecureHTTPParser: false,
        requireHostHeader: true,
      },
      (request, response) => void this.#handle(request, response).catch(() => response.destroy()),
    );
    this.#server.on('upgrade', (request, socket: Duplex) =>
      this.#refuseSocket(socket, `upgrade to ${request.headers.upgrade}`),
    );
    this.#server.on('connect', (_request, socket: Duplex) => this.#refuseSocket(socket, 'CONNECT'));
    this.#server.on('checkExpectation', (request, response) =>
      this.#refuse(request, response, 'an expectation'),
    );
    this.#server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
      if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
      this.#refuseSocket(socket, `malformed HTTP (${error.code ?? 'unknown'})`);
    });
    this.#server.on('tlsClientError', (error, socket) => {
      socket.destroy();
      this.#recordLeft(handshakeProblem(error));
    });
    this.#server.on('secureConnection', (socket) =>
      socket.once('close', () => {
        if (socket.bytesRead === 0) this.#recordLeft(NO_REQUEST);
      }),
    );
  }

  /** Takes a connection whose ClientHello named the domain. */
  accept(stream: Duplex): void {
    this.#server.emit('connection', stream);
  }

  close(): void {
    this.#over.abort();
    this.#agent.destroy();
    this.#server.closeAllConnections();
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { grant, env } = this.#options;
    try {
      const problem = framingProblem(request, grant);
      if (problem !== undefined) return this.#refuse(request, response, problem);
      const read = await this.#bodies.read(request, response);
      if (typeof read === 'string') return this.#refuse(request, response, read);
      const { method = '', url: target = '', headers } = request;
      const { body } = read;
      const asked = { method, target, body, headers };
      const verdict = matchRules(grant.http, asked, env);
      if (!verdict.ok)
        return this.#refuse(request, response, verdict.reason, describeRequest(asked, grant.http, env));
      await this.#forward(request, response, target, body, verdict.rule);
    } catch (error) {
      this.#failed(response, error);
    }
  }

  async #forward(
    request: IncomingMessage,
    response: ServerResponse,
    target: string,
    checked: HttpBody | undefined,
    rule: HttpRule,
  ) {
    const { grant, diversion } = this.#options;
    const { maxBytes, maxSeconds } = grant.http.answer ?? DEFAULT_ANSWER;
    const body = encoded(checked);
    const headers: Record<string, string | number> = { host: grant.domain };
    for (const name of [...REQUEST_HEADERS, ...Object.keys(rule.headers ?? {})]) {
      const value = request.headers[name.toLowerCase()];
      if (typeof value === 'string') headers[name.toLowerCase()] = value;
    }
    Object.assign(headers, this.#credential?.headers);
    // The credential cannot be found in a compressed response.
    if (this.#credential) headers['accept-encoding'] = 'identity';
    if (body !== undefined) headers['content-length'] = Buffer.byteLength(body);
    const late = AbortSignal.timeout(maxSeconds * 1000);
    const options: RequestOptions = {
      method: request.method ?? 'GET',
      path: withQuery(target, this.#credential?.query ?? {}),
      headers,
      signal: AbortSignal.any([late, this.#over.signal]),
    };
    const address = diversion ? {} : await this.#address();
    // While the name was looked up, the client may have left, or the pod ended: then nothing is sent.
    if (response.destroyed || this.#over.signal.aborted) return void response.destroy();
    this.#record('allowed', `${request.method} ${rule.path}`);
    const upstream = diversion
      ? httpRequest(diversion.target, options)
      : httpsRequest({ ...options, ...address, agent: this.#agent });
    response.on('close', () => upstream.destroy(new Error('the server in the sandbox did not wait')));
    const answer = await ask(upstream, body);
    const coded = this.#credential && codingOf(answer.headers);
    if (coded !== undefined) {
      upstream.destroy();
      throw new NotCompleted(
        `the request was sent; its answer is encoded (${coded}), which may hide the credential, and was not passed on`,
      );
    }
    response.writeHead(answer.statusCode ?? 502, this.#passedBack(answer.headers));
    try {
      await pipeline(answer, atMost(maxBytes), this.#blotter.stream(), response);
    } catch (error) {
      const why = late.aborted ? `it took more than ${maxSeconds} s` : inWords(error);
      throw new NotCompleted(
        `the request was sent and answered ${answer.statusCode}; then the answer broke off: ${why}`,
      );
    }
  }

  async #address(): Promise<RequestOptions> {
    const { grant, dialer } = this.#options;
    const { address, family } = await dialer.addressOf(grant.domain);
    const lookup: RequestOptions['lookup'] = (_name, options, done) => {
      if (options.all) done(null, [{ address, family }]);
      else done(null, address, family);
    };
    return { host: grant.domain, port: grant.port, servername: grant.domain, lookup } as RequestOptions;
  }

  #passedBack(headers: IncomingHttpHeaders): Record<string, string | string[]> {
    const passed: Record<string, string | string[]> = {};
    // What the upstream's Connection names belongs to its connection as well.
    const named = new Set((headers.connection ?? '').toLowerCase().split(/\s*,\s*/));
    const blotted = (text: string) => this.#blotter.text(text, 'latin1');
    for (const [name, value] of Object.entries(headers)) {
      if (value === undefined || NOT_PASSED_BACK.has(name) || named.has(name)) continue;
      passed[blotted(name)] = Array.isArray(value) ? value.map(blotted) : blotted(value);
    }
    return passed;
  }

  #record(verdict: EgressEvent['verdict'], reason: string, refused?: HttpRule): void {
    const text = JSON.stringify(refused);
    // A name could be the credential, written in some other way.
    const safe = refused !== undefined && this.#blotter.text(text) === text ? refused : undefined;
    this.#options.record(verdict, this.#blotter.text(reason), safe);
  }

  /** A connection that came to nothing: not one that ends because the pod does. */
  #recordLeft(reason: string): void {
    if (!this.#over.signal.aborted) this.#record('failed', reason);
  }

  #refuse(request: IncomingMessage, response: ServerResponse, reason: string, refused?: HttpRule): void {
    this.#record('denied', reason, refused);
    const body = refusal(reason);
    response.writeHead(403, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      connection: 'close',
    });
    response.end(body);
    request.resume();
  }

  #refuseSocket(socket: Duplex, reason: string): void {
    this.#record('denied', reason);
    const body = refusal(reason);
    const head = `HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n`;
    socket.end(head + body);
  }

  /** It was allowed and did not complete; or the name leads where nobody may go, which is a refusal like any other. */
  #failed(response: ServerResponse, error: unknown): void {
    // The run and its audit log have ended.
    if (this.#over.signal.aborted) return void response.destroy();
    const known = error instanceof NotCompleted || error instanceof NotPublic;
    const reason = known ? error.message : `nothing was sent: ${inWords(error)}`;
    this.#record(error instanceof NotPublic ? 'denied' : 'failed', reason);
    if (response.headersSent || response.destroyed) return void response.destroy();
    response.writeHead(502, { 'content-type': 'application/json', connection: 'close' });
    response.end(refusal(this.#blotter.text(reason), 502));
  }
}

const refusal = (reason: string, status = 403): string =>
  JSON.stringify({ code: status, message: `SpendWise broker: ${reason}`, status });

/** HTTP/1.1, one Host that is the domain, an origin-form target, no more than one of each framing header. */
function framingProblem(request: IncomingMessage, { domain, port }: DomainGrant): string | undefined {
  if (request.httpVersion !== '1.1') return `HTTP/${request.httpVersion}`;
  // The handshake's name was checked as bytes before; this is how OpenSSL read it, on a connection that goes on.
  if (wireName(String((request.socket as TLSSocket).servername)) !== domain) return 'TLS is for another name';
  const hosts = request.headersDistinct.host ?? [];
  const [, host = '', hostPort = String(port)] = /^([^:]*)(?::(\d{1,5}))?$/.exec(hosts[0] ?? '') ?? [];
  if (hosts.length !== 1 || wireName(host) !== domain || Number(hostPort) !== port)
    return 'Host is another name';
  if (!request.url?.startsWith('/')) return 'the target is not a plain path';
  if (request.headers.upgrade !== undefined) return 'an upgrade';
  if (request.headers['content-encoding'] !== undefined) return 'an encoded body';
  return undefined;
}

function withQuery(target: string, added: Readonly<Record<string, string>>): string {
  const [path = '', given] = target.split('?');
  if (given === undefined && Object.keys(added).length === 0) return path;
  const query = new URLSearchParams(given);
  for (const [name, value] of Object.entries(added)) query.set(name, value);
  return `${path}?${query}`;
}

/** Breaks off what grows over its limit. */
function atMost(bytes: number): Transform {
  let size = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      if (size > bytes) done(new Error(`it is larger than ${bytes} bytes`));
      else done(null, chunk);
    },
  });
}

/** How an answer is encoded, other than in chunks; undefined when it can be read as it is. */
function codingOf(headers: IncomingHttpHeaders): string | undefined {
  const codings = [headers['content-encoding'] ?? 'identity', headers['transfer-encoding'] ?? 'chunked'];
  const [content, transfer] = codings.map((coding) => coding.trim().toLowerCase());
  if (content !== 'identity') return content;
  return transfer === 'chunked' ? undefined : transfer;
}
