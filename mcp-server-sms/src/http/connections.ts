import type { Server } from 'node:http';
import type { Socket } from 'node:net';

export interface ConnectionLimits {
  readonly max: number;
  /** Of those that have not shown yet who they are. */
  readonly maxStrangers: number;
  readonly maxStrangersOfAddress: number;
}

const LIMITS: ConnectionLimits = { max: 512, maxStrangers: 384, maxStrangersOfAddress: 256 };

/** Accepted in one go, before anything of them is read: fewer than strangers may be, so that nobody is sent away unheard. */
export const BACKLOG = 64;

export interface Connections {
  /** A request on it has passed the guard. */
  readonly trust: (socket: Socket) => void;
}

interface Held {
  readonly socket: Socket;
  readonly address: string;
  trusted: boolean;
}

/**
 * Bounds connections without a queue that strangers could fill. At a bound the oldest stranger goes, so that whoever
 * comes now has time to say who they are. Who has done so keeps the place, and is turned away only when all are taken
 * by others like them.
 */
export function boundConnections(server: Server, limits: ConnectionLimits = LIMITS): Connections {
  /** In the order in which they came. */
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
