import { constants } from 'node:crypto';
import {
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestOptions,
  type ServerResponse,
} from 'node:http';
import { createServer, Agent as HttpsAgent, request as httpsRequest, type Server } from 'node:https';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { SecureContextOptions, TLSSocket } from 'node:tls';
import type { EgressOverride } from '../runtimes/runtime.ts';
import type { Dialer } from './dial.ts';
import type { DomainGrant } from './egress-policy.ts';
import { wireName } from './host-name.ts';
import { type HttpAccess, matchRules } from './http-rules.ts';

const MAX_FORM_BYTES = 64 * 1024;
const MAX_HEADER_BYTES = 16 * 1024;
const REQUEST_MS = 15_000;
const UPSTREAM_MS = 45_000;

/** What of a request goes on; everything else is dropped. */
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
  readonly override: EgressOverride | undefined;
  readonly record: (verdict: 'allowed' | 'denied', reason: string) => void;
}

/**
 * Ends TLS for one domain, lets through the requests its rules describe, with the real credential put in, and answers
 * every other one with 403 and the reason.
 */
export class Terminator {
  readonly #options: TerminatorOptions;
  readonly #server: Server;
  readonly #agent: HttpsAgent;
  /** Aborts when the pod is gone: nothing may go out after that. */
  readonly #over = new AbortController();

  constructor(options: TerminatorOptions) {
    this.#options = options;
    this.#agent = new HttpsAgent({ keepAlive: true, maxSockets: 8 });
    this.#server = createServer(
      {
        ...options.identity,
        minVersion: 'TLSv1.2',
        // With TLS 1.2 a client could make the host shake hands anew, as often as it likes, before it asks for anything.
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
    this.#server.on('tlsClientError', (_error, socket) => socket.destroy());
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
      const body = await readForm(request);
      if (typeof body === 'string') return this.#refuse(request, response, body);
      const { method = '', url: target = '' } = request;
      const verdict = matchRules(grant.http, { method, target, form: body.form }, env);
      if (!verdict.ok) return this.#refuse(request, response, verdict.reason);
      await this.#forward(request, response, target, body.form, verdict.rule.path);
    } catch (error) {
      this.#unreachable(response, error);
    }
  }

  async #forward(
    request: IncomingMessage,
    response: ServerResponse,
    target: string,
    form: URLSearchParams | undefined,
    rule: string,
  ) {
    const { grant, override, record } = this.#options;
    // Encoded anew: what was checked is what is sent.
    const body = form?.toString();
    const headers: Record<string, string | number> = { host: grant.domain, ...this.#authorization() };
    for (const name of REQUEST_HEADERS) {
      const value = request.headers[name];
      if (typeof value === 'string') headers[name] = value;
    }
    if (body !== undefined) headers['content-length'] = Buffer.byteLength(body);
    const [path = '', query] = target.split('?');
    const options: RequestOptions = {
      method: request.method ?? 'GET',
      path: query === undefined ? path : `${path}?${new URLSearchParams(query)}`,
      headers,
      signal: AbortSignal.any([AbortSignal.timeout(UPSTREAM_MS), this.#over.signal]),
    };
    const address = override ? {} : await this.#address();
    // While the name was looked up, the client may have left, or the pod ended: then nothing is sent.
    if (response.destroyed || this.#over.signal.aborted) return void response.destroy();
    record('allowed', `${request.method} ${rule}`);
    const upstream = override
      ? httpRequest(override.target, options)
      : httpsRequest({ ...options, ...address, agent: this.#agent });
    response.on('close', () => upstream.destroy());
    upstream.end(body);
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      upstream.on('response', resolve).on('error', reject);
      upstream.on('upgrade', (_answer, socket) => {
        socket.destroy();
        reject(new Error('the upstream wanted to upgrade'));
      });
      upstream.on('close', () => reject(new Error('the upstream gave no answer')));
    });
    response.writeHead(answer.statusCode ?? 502, passedBack(answer.headers));
    await pipeline(answer, response);
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

  #authorization(): Record<string, string> {
    const { credential } = this.#options.grant.http;
    if (credential === undefined) return {};
    const { env } = this.#options;
    const basic = Buffer.from(`${env[credential.username] ?? ''}:${env[credential.password] ?? ''}`).toString(
      'base64',
    );
    return { authorization: `Basic ${basic}` };
  }

  #refuse(request: IncomingMessage, response: ServerResponse, reason: string): void {
    this.#options.record('denied', reason);
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
    this.#options.record('denied', reason);
    const body = refusal(reason);
    const head = `HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n`;
    socket.end(head + body);
  }

  #unreachable(response: ServerResponse, error: unknown): void {
    const reason = error instanceof Error ? error.message : 'unknown';
    if (response.headersSent || response.destroyed) return void response.destroy();
    this.#options.record('denied', `not reached: ${reason}`);
    response.writeHead(502, { 'content-type': 'application/json', connection: 'close' });
    response.end(refusal(`not reached: ${reason}`, 502));
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

/** The form of a request, none for an empty body, or why it cannot be taken. */
async function readForm(request: IncomingMessage): Promise<{ form: URLSearchParams | undefined } | string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_FORM_BYTES) return 'the body is too large';
    chunks.push(chunk);
  }
  const type = request.headers['content-type'];
  if (size === 0) return { form: undefined };
  if (!/^application\/x-www-form-urlencoded(\s*;\s*charset=utf-8)?$/i.test(type ?? ''))
    return 'the body is not form-encoded';
  return { form: new URLSearchParams(Buffer.concat(chunks).toString('utf8')) };
}

function passedBack(headers: IncomingHttpHeaders): Record<string, string | string[]> {
  const passed: Record<string, string | string[]> = {};
  // What the upstream's Connection names belongs to its connection as well.
  const named = new Set((headers.connection ?? '').toLowerCase().split(/\s*,\s*/));
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !NOT_PASSED_BACK.has(name) && !named.has(name)) passed[name] = value;
  }
  return passed;
}
