/**
 * The wire between gateway and broker: frames over stdio. Header: type (1 byte), stream (4), payload length (4), big
 * endian. Both ends use this file; the broker trusts nothing that comes through it.
 */
export const FrameType = {
  /** Gateway → broker, once: it listens and holds no privilege. Payload: JSON. */
  READY: 1,
  /** Gateway → broker: somebody connected. Payload: JSON `{address, port}`, where the connection was meant to go. */
  OPEN: 2,
  DATA: 3,
  /** No more data from the sender. */
  END: 4,
  /** The stream is gone, both ways. */
  RESET: 5,
  /** The receiver has room for that many more bytes. Payload: 4 bytes. */
  CREDIT: 6,
  /** Gateway → broker: an attempt that never becomes a stream, such as a DNS query. Payload: JSON. */
  ATTEMPT: 7,
  /** Broker → gateway, every few seconds: the host is alive. */
  PING: 8,
  /** Gateway → broker, once and first: its container runs, so that the workload's can join it. Sent by gateway.sh. */
  STARTED: 9,
  /** Broker → gateway, once, where the gateway is what starts the server (bubblewrap). Payload: JSON, see workload.ts. */
  LAUNCH: 10,
} as const;
export type FrameType = (typeof FrameType)[keyof typeof FrameType];

export interface Frame {
  readonly type: FrameType;
  readonly stream: number;
  readonly payload: Buffer;
}

export const MAX_PAYLOAD = 64 * 1024;
const HEADER = 9;
const TYPES: ReadonlySet<number> = new Set(Object.values(FrameType));

export function encodeFrame(type: FrameType, stream: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const frame = Buffer.allocUnsafe(HEADER + payload.byteLength);
  frame.writeUInt8(type, 0);
  frame.writeUInt32BE(stream, 1);
  frame.writeUInt32BE(payload.byteLength, 5);
  frame.set(payload, HEADER);
  return frame;
}

/** The other end sent something that the protocol forbids. */
export class ProtocolError extends Error {}

/** Cuts a byte stream into frames. Holds one partial frame at most. */
export class FrameReader {
  #chunks: Buffer[] = [];
  #size = 0;

  /** Throws ProtocolError on an unknown type or an oversized payload. */
  *push(chunk: Buffer): Generator<Frame> {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    while (this.#size >= HEADER) {
      const header = this.#peek(HEADER);
      const type = header.readUInt8(0);
      const length = header.readUInt32BE(5);
      if (!TYPES.has(type)) throw new ProtocolError(`unknown frame type ${type}`);
      if (length > MAX_PAYLOAD) throw new ProtocolError(`frame of ${length} bytes`);
      if (this.#size < HEADER + length) return;
      const frame = this.#take(HEADER + length);
      yield { type: type as FrameType, stream: frame.readUInt32BE(1), payload: frame.subarray(HEADER) };
    }
  }

  #peek(length: number): Buffer {
    const [first] = this.#chunks;
    if (first === undefined || first.length < length) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0] as Buffer;
  }

  #take(length: number): Buffer {
    const all = this.#peek(length);
    const rest = all.subarray(length);
    this.#chunks.shift();
    if (rest.length > 0) this.#chunks.unshift(rest);
    this.#size -= length;
    return all.subarray(0, length);
  }
}
