import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';

export interface SessionLimits {
  readonly max: number;
  readonly idleMs: number;
}

export interface Session {
  handle(request: IncomingMessage, response: ServerResponse, body?: unknown): Promise<void>;
}

export interface Sessions {
  get(id: string): Session | undefined;
  /** A new session for `initialize`. Undefined if all places are taken by active sessions. */
  open(): Promise<Session> | undefined;
  endStreams(): void;
}

interface Held extends Session {
  readonly transport: StreamableHTTPServerTransport;
  /** Open requests and streams. */
  open: number;
  usedAt: number;
  close(): Promise<void>;
}

/**
 * Sessions, limited in number and idle time. At the limit the session that was idle longest is closed, because many
 * clients never end theirs. A client of a closed session gets a 404 and starts again.
 */
export function createSessions(newServer: () => McpServer, { max, idleMs }: SessionLimits): Sessions {
  const held = new Map<string, Held>();
  let opening = 0;
  const idle = () =>
    [...held.values()].filter((session) => session.open === 0).sort((a, b) => a.usedAt - b.usedAt);

  setInterval(
    () => {
      const since = performance.now() - idleMs;
      for (const session of idle()) if (session.usedAt < since) void session.close();
    },
    Math.min(idleMs, 30_000),
  ).unref();

  const begin = async (): Promise<Session> => {
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void held.set(id, session),
    });
    const server = newServer();
    const session: Held = {
      transport,
      open: 0,
      usedAt: performance.now(),
      close: () => server.close(),
      handle: async (request, response, body) => {
        session.open += 1;
        response.on('close', () => {
          session.open -= 1;
          session.usedAt = performance.now();
        });
        await transport.handleRequest(request, response, body);
      },
    };
    transport.onclose = () => void (transport.sessionId && held.delete(transport.sessionId));
    // The types of class and interface differ only in optional fields.
    await server.connect(transport as Transport);
    return session;
  };

  return {
    get: (id) => held.get(id),
    open: () => {
      if (held.size + opening >= max) {
        const [oldest] = idle();
        if (oldest === undefined) return undefined;
        held.delete(oldest.transport.sessionId ?? '');
        void oldest.close();
      }
      opening += 1;
      return begin().finally(() => {
        opening -= 1;
      });
    },
    endStreams: () => {
      for (const { transport } of held.values()) transport.closeStandaloneSSEStream();
    },
  };
}
