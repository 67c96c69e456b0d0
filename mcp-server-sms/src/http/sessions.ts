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
  /** A new one for an `initialize`; undefined when there are too many, all with a request under way. */
  open(): Promise<Session> | undefined;
  /** Ends the streams that only wait for something to happen. */
  endStreams(): void;
}

interface Held extends Session {
  readonly transport: StreamableHTTPServerTransport;
  /** Requests under way, and streams. */
  open: number;
  usedAt: number;
  close(): Promise<void>;
}

/**
 * Sessions, bounded in number and idle time. Many clients never say that they are done: at the bound the one that was
 * idle longest goes. A client whose session is gone gets a 404, which tells it to begin again.
 */
export function createSessions(newServer: () => McpServer, { max, idleMs }: SessionLimits): Sessions {
  const held = new Map<string, Held>();
  /** Not yet answered `initialize`. */
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
    // The class has getters where the interface has optional fields.
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
