import type { Server } from 'node:http';
import type { Socket } from 'node:net';

export interface ConnectionLimits {
  readonly max: number;
  /** Connections without a request that passed the guard. */
  readonly maxStrangers: number;
  readonly maxStrangersOfAddress: number;
}

const LIMITS: ConnectionLimits = { max: 512, maxStrangers: 384, maxStrangersOfAddress: 256 };

/** The accept queue. Smaller than the limits below, so that each connection can send a request. */
export const BACKLOG = 64;

export interface Connections {
  /** Call when a request on the connection has passed the guard. */
  readonly trust: (socket: Socket) => void;
}

interface Held {
  readonly socket: Socket;
  readonly address: string;
  trusted: boolean;
}

/**
 * Limits connections. At a limit, the oldest untrusted connection is closed, so strangers cannot block the queue. A
 * trusted connection stays; a new one is refused only if all places are trusted.
 */
export function boundConnections(server: Server, limits: ConnectionLimits = LIMITS): Connections {
  const held = new Map<Socket, Held>();

  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    const strangers = [...held.values()].filter(({ trusted }) => !trusted);
    const ofAddress = strangers.filter((each) => each.address === address);
    const surplus =
      ofAddress.length >= limits.maxStrangersOfAddress
        ? ofAddress[0]
        : strangers.length >= limits.maxStrangers || held.size >= limits.max
          ? strangers[0]
          : undefined;
    if (surplus !== undefined) {
      held.delete(surplus.socket);
      surplus.socket.destroy();
    } else if (held.size >= limits.max) {
      socket.destroy();
      return;
    }
    held.set(socket, { socket, address, trusted: false });
    socket.once('close', () => held.delete(socket));
  });

  return {
    trust: (socket) => {
      const known = held.get(socket);
      if (known) known.trusted = true;
    },
  };
}
