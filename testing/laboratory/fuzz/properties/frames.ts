import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  encodeFrame,
  type Frame,
  FrameReader,
  FrameType,
  MAX_PAYLOAD,
  ProtocolError,
} from '../../../../agent/sandbox/gateway/frames.ts';
import { Mux, type MuxStream } from '../../../../agent/sandbox/gateway/mux.ts';
import { cut, fuzz, inPieces, mutated, randomBytes } from '../fuzz-property.ts';

const WINDOW = 256 * 1024;
const TYPES = Object.values(FrameType);

/** Frames as a hostile peer would choose them: few streams, so that they meet; sizes around the limits. */
const frame = fc.record({
  type: fc.constantFrom(...TYPES),
  stream: fc.oneof(fc.nat({ max: 3 }), fc.nat({ max: 2 ** 32 - 1 })),
  payload: fc.oneof(
    randomBytes(40),
    fc.constantFrom(0, 1, 0xffff, 0x40000, 0x7fffffff, 0xffffffff).map((credit) => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(credit);
      return bytes;
    }),
    fc.constantFrom(MAX_PAYLOAD, MAX_PAYLOAD - 1).map((size) => Buffer.alloc(size)),
  ),
});
const small = frame.filter(({ payload }) => payload.length < 100);
const wire = (frames: readonly Frame[]) =>
  Buffer.concat(frames.map(({ type, stream, payload }) => encodeFrame(type, stream, payload)));

const plain = ({ type, stream, payload }: Frame) => [type, stream, payload.toString('hex')];

/** What is thrown must be a ProtocolError: the broker gives a gateway up for nothing else. */
export function orProtocolError(attempt: () => void): void {
  try {
    attempt();
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
  }
}

export const frameProperties = [
  fuzz(
    'frames come out as they went in, however they are cut',
    { cases: 4_000, share: 7 },
    fc.tuple(fc.array(small, { maxLength: 12 }), fc.array(fc.nat({ max: 2_000 }), { maxLength: 30 })),
    ([sent, cuts]) => {
      const reader = new FrameReader();
      const received = cut(wire(sent), cuts).flatMap((chunk) => [...reader.push(chunk)].map(plain));
      assert.deepEqual(received, sent.map(plain));
    },
  ),
  fuzz(
    'broken frames are a ProtocolError, or frames within the limits',
    { cases: 4_000, share: 7 },
    inPieces(fc.oneof(randomBytes(300), mutated(fc.array(small, { maxLength: 8 }).map(wire)))),
    (chunks) =>
      orProtocolError(() => {
        const reader = new FrameReader();
        for (const chunk of chunks)
          for (const { type, payload } of reader.push(chunk))
            assert.ok((TYPES as number[]).includes(type) && payload.length <= MAX_PAYLOAD);
      }),
  ),
  fuzz(
    'streams hold no more than their window, whatever the peer sends',
    { cases: 1_000, share: 6 },
    fc.tuple(fc.array(frame, { maxLength: 25 }), fc.boolean()),
    ([frames, reading]) => {
      let sent = 0;
      const mux = new Mux((bytes) => {
        sent += bytes.length;
      });
      const streams: MuxStream[] = [0, 1, 2].map((id) => mux.open(id));
      if (reading) for (const stream of streams) stream.resume();
      for (const stream of streams) stream.write(Buffer.alloc(10_000));
      orProtocolError(() => {
        for (const each of frames) {
          mux.receive(each);
          for (const stream of streams) assert.ok(stream.readableLength <= WINDOW);
        }
      });
      mux.destroy();
      assert.ok(sent < 40_000);
      assert.equal(mux.full, false);
    },
  ),
];
