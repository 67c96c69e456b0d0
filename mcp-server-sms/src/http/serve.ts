import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { isInitializeRequest } from '@modelcontextprotocol/sdk/types.js';
import { BACKLOG, boundConnections } from './connections.ts';
import { createGuard, type Guard, type Refusal } from './guard.ts';
import { readJson } from './read-json.ts';
import { createSessions, type SessionLimits, type Sessions } from './sessions.ts';
import { type HttpSettings, isLoopback } from './settings.ts';

const LIMITS: SessionLimits = { max: 100, idleMs: 30 * 60_000 };
const HEADERS_MS = 5_000;
const REQUEST_MS = 30_000;

export interface HttpServing {
  readonly url: URL;
  /**
   * Refuses new requests, waits for open ones, and stops listening. Sends whose client has gone keep the process alive
   * until they end.
   */
  drain(): Promise<void>;
}

export class CannotListen extends Error {}

/** MCP over Streamable HTTP at /mcp, and /health. Throws CannotListen. */
export async function serveHttp(
  newServer: () => McpServer,
  settings: HttpSettings,
  limits: Partial<SessionLimits> = {},
): Promise<HttpServing> {
  const sessions = createSessions(newServer, { ...LIMITS, ...limits });
  const underWay = new Set<ServerResponse>();
  let draining = false;
  let guard: Guard = () => ({ status: 503, message: 'starting' });

  const server = createServer(
    {
      headersTimeout: HEADERS_MS,
      requestTimeout: REQUEST_MS,
      keepAliveTimeout: 5_000,
      connectionsCheckingInterval: 1_000,
      maxHeaderSize: 16 * 1024,
    },
    (request, response) => {
      const path = request.url?.split('?', 1)[0];
      // Health checks have no token and may use another Host.
      if (path === '/health')
        return answer(response, draining ? 503 : 200, { status: draining ? 'draining' : 'ok' }, CLOSE);
      const stranger = guard(request);
      if (stranger) return refuse(response, { ...stranger, headers: { ...stranger.headers, ...CLOSE } });
      connections.trust(request.socket);
      if (path !== '/mcp') return refuse(response, { status: 404, message: 'MCP is at /mcp' });
      // Streams are not counted: they would block a drain, and are ended instead.
      if (request.method === 'POST') {
        underWay.add(response);
        response.on('close', () => underWay.delete(response));
      }
      handle(request, response, sessions, draining).catch(() => response.destroy());
    },
  );
  const connections = boundConnections(server);
  const address = await listen(server, settings);
  guard = createGuard(settings, address.port);
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return {
    url: new URL(`http://${host}:${address.port}/mcp`),
    drain: async () => {
      draining = true;
      sessions.endStreams();
      await Promise.all([...underWay].map((response) => new Promise((done) => response.on('close', done))));
      // Also closes idle connections.
      await new Promise<void>((done) => server.close(() => done()));
    },
  };
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  sessions: Sessions,
  draining: boolean,
): Promise<void> {
  if (draining) return refuse(response, { status: 503, message: 'shutting down', headers: RETRY });
  const id = request.headers['mcp-session-id'];
  const known = typeof id === 'string' ? sessions.get(id) : undefined;
  if (id !== undefined && known === undefined)
    return refuse(response, { status: 404, message: 'Session not found' });
  if (request.method !== 'POST') {
    if (known) return known.handle(request, response);
    const status = request.method === 'GET' || request.method === 'DELETE' ? 400 : 405;
    return refuse(response, { status, message: 'begin with a POST of initialize', headers: ALLOW });
  }
  const body = await readJson(request);
  if (!body.ok) return refuse(response, body);
  if (known) return known.handle(request, response, body.value);
  if (!isInitializeRequest(body.value))
    return refuse(response, { status: 400, message: 'Mcp-Session-Id is missing: begin with initialize' });
  const session = await sessions.open();
  if (session === undefined)
    return refuse(response, { status: 503, message: 'too many sessions', headers: RETRY });
  await session.handle(request, response, body.value);
}

/** For connections that have not passed the guard. */
const CLOSE = { connection: 'close' };
const RETRY = { 'retry-after': '5' };
const ALLOW = { allow: 'GET, POST, DELETE' };

function refuse(response: ServerResponse, { status, message, headers = {} }: Refusal): void {
  // A connection with an unread body cannot be reused.
  const close = response.req.complete ? {} : CLOSE;
  const body = { jsonrpc: '2.0', error: { code: -32000, message }, id: null };
  answer(response, status, body, { ...headers, ...close });
}

function answer(response: ServerResponse, status: number, body: unknown, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers });
  response.end(JSON.stringify(body));
}

async function listen(server: Server, { host, port, token }: HttpSettings): Promise<AddressInfo> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(new CannotListen(reason(error, host, port))),
    );
    server.listen({ port, host, backlog: BACKLOG }, resolve);
  });
  const address = server.address() as AddressInfo;
  // A host name may resolve to any address.
  if (token === undefined && !isLoopback(address.address)) {
    server.close();
    throw new CannotListen(`${host} is not loopback here (${address.address}): set SMS_HTTP_TOKEN`);
  }
  return address;
}

function reason({ code }: NodeJS.ErrnoException, host: string, port: number): string {
  if (code === 'EADDRINUSE') return `port ${port} on ${host} is in use (${code})`;
  if (code === 'EACCES') return `port ${port} may not be used without privileges (${code})`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return `${host} is no address of this machine (${code})`;
  return `cannot listen on ${host}:${port} (${code})`;
}
