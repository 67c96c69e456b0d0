import { Duplex } from 'node:stream';
import { encodeFrame, type Frame, FrameType, MAX_PAYLOAD, ProtocolError } from './frames.ts';

/** Bytes that a sender may send on one stream before the receiver asks for more. */
const WINDOW = 256 * 1024;
/** Streams at once: what a server needs is a handful, and each may hold two windows. */
export const MAX_STREAMS = 64;

type Send = (frame: Buffer) => void;

/** Many streams over one wire, with flow control for each. Knows no policy. */
export class Mux {
  readonly #send: Send;
  readonly #streams = new Map<number, MuxStream>();

  constructor(send: Send) {
    this.#send = send;
  }

  /** How many streams are open. */
  get size(): number {
    return this.#streams.size;
  }

  get full(): boolean {
    return this.size >= MAX_STREAMS;
  }

  /** A new stream under an id that is not in use. Throws ProtocolError when it is, or there are too many. */
  open(id: number): MuxStream {
    if (this.#streams.has(id)) throw new ProtocolError(`stream ${id} is open already`);
    if (this.full) throw new ProtocolError('too many streams');
    const stream = new MuxStream(
      (type, payload) => this.#send(encodeFrame(type, id, payload)),
      () => this.#streams.delete(id),
    );
    this.#streams.set(id, stream);
    return stream;
  }

  /** Tells the peer that its new stream is gone: it may not know yet how many are still open here. */
  refuse(id: number): void {
    if (this.#streams.has(id)) throw new ProtocolError(`stream ${id} is open already`);
    this.#send(encodeFrame(FrameType.RESET, id));
  }

  /** Takes DATA, END, RESET and CREDIT. Frames for a closed stream are late, not an error. */
  receive({ type, stream: id, payload }: Frame): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    if (type === FrameType.DATA) stream.receive(payload);
    else if (type === FrameType.END) stream.receiveEnd();
    else if (type === FrameType.RESET) stream.receiveReset();
    else if (type === FrameType.CREDIT) stream.receiveCredit(payload);
    else throw new ProtocolError(`frame type ${type} is not for this end`);
  }

  /** Ends every stream: the wire is gone. */
  destroy(): void {
    for (const stream of [...this.#streams.values()]) stream.lose();
  }
}

export class MuxStream extends Duplex {
  readonly #emit: (type: FrameType, payload?: Uint8Array) => void;
  readonly #forget: () => void;
  #credit = WINDOW;
  #waiting: { rest: Buffer; done: () => void } | undefined;
  /** Bytes the peer may still send. */
  #room = WINDOW;
  #consumed = 0;
  #peerGone = false;
  #endSent = false;
  #endReceived = false;

  constructor(emit: (type: FrameType, payload?: Uint8Array) => void, forget: () => void) {
    super({ readableHighWaterMark: MAX_PAYLOAD, writableHighWaterMark: MAX_PAYLOAD, allowHalfOpen: true });
    this.#emit = emit;
    this.#forget = forget;
    // The user of the stream may listen, and does not have to.
    this.on('error', () => {});
  }

  receive(payload: Buffer): void {
    if (this.#endReceived) throw new ProtocolError('data after the end');
    this.#room -= payload.length;
    if (this.#room < 0) throw new ProtocolError('more data than was asked for');
    this.#consumed += payload.length;
    if (this.push(payload)) this.#refill();
  }

  receiveEnd(): void {
    if (this.#endReceived) throw new ProtocolError('an end after the end');
    this.#endReceived = true;
    this.push(null);
  }

  /** The peer takes no more. What it sent before its own end can still be read; the stream is gone after that. */
  receiveReset(): void {
    if (this.#peerGone) return;
    if (!this.#endReceived || this.readableEnded) {
      this.lose();
      return;
    }
    this.#peerGone = true;
    this.#release();
    this.once('end', () => this.destroy());
  }

  /** The peer is gone, and so is all that it sent. */
  lose(): void {
    this.#peerGone = true;
    this.destroy();
  }

  receiveCredit(payload: Buffer): void {
    if (payload.length !== 4) throw new ProtocolError('credit of a wrong size');
    this.#credit += payload.readUInt32BE(0);
    if (this.#credit > WINDOW) throw new ProtocolError('more credit than there is room');
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting) this.#write(waiting.rest, waiting.done);
  }

  override _read(): void {
    this.#refill();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#write(chunk, done);
  }

  override _final(done: () => void): void {
    if (!this.#peerGone) this.#emit(FrameType.END);
    this.#endSent = true;
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    // After both ends each side is done with the stream by itself: a reset would take from the peer what it has not read.
    if (!this.#peerGone && !(this.#endSent && this.#endReceived)) this.#emit(FrameType.RESET);
    this.#peerGone = true;
    this.#forget();
    this.#release();
    done(error);
  }

  /** Releases a write that waits for a peer that is gone. */
  #release(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.done();
  }

  #write(chunk: Buffer, done: () => void): void {
    let rest = chunk;
    while (rest.length > 0 && this.#credit > 0 && !this.#peerGone) {
      const size = Math.min(rest.length, this.#credit, MAX_PAYLOAD);
      this.#emit(FrameType.DATA, rest.subarray(0, size));
      this.#credit -= size;
      rest = rest.subarray(size);
    }
    if (rest.length === 0 || this.#peerGone) done();
    else this.#waiting = { rest, done };
  }

  #refill(): void {
    // In larger steps: a frame for every chunk would double the traffic.
    if (this.#consumed < WINDOW / 4 || this.#peerGone || this.#endReceived) return;
    const credit = Buffer.alloc(4);
    credit.writeUInt32BE(this.#consumed);
    this.#room += this.#consumed;
    this.#consumed = 0;
    this.#emit(FrameType.CREDIT, credit);
  }
}
