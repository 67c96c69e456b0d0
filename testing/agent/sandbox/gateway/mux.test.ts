import { once } from 'node:events';
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  encodeFrame,
  FrameReader,
  FrameType,
  MAX_PAYLOAD,
  ProtocolError,
} from '../../../../agent/sandbox/gateway/frames.ts';
import { Mux, type MuxStream } from '../../../../agent/sandbox/gateway/mux.ts';

/** Two ends of one wire, and what frames went over it. */
function pair() {
  const types: number[] = [];
  const ends: Mux[] = [];
  const link = (to: number) => {
    const reader = new FrameReader();
    return (bytes: Buffer) => {
      types.push(bytes.readUInt8(0));
      queueMicrotask(() => {
        for (const frame of reader.push(bytes)) ends[to]?.receive(frame);
      });
    };
  };
  ends.push(new Mux(link(1)), new Mux(link(0)));
  return { left: ends[0] as Mux, right: ends[1] as Mux, types };
}

/** Bytes that tell where they belong, so that a lost, doubled or moved piece shows. */
const pattern = (size: number): Buffer => {
  const bytes = Buffer.allocUnsafe(size);
  for (let at = 0; at < size; at += 1) bytes[at] = (at * 31 + (at >> 8) * 7) & 0xff;
  return bytes;
};

async function write(stream: MuxStream, data: Buffer, sizes: readonly number[]) {
  for (let at = 0, n = 0; at < data.length; n += 1) {
    const size = sizes[n % sizes.length] ?? data.length;
    if (!stream.write(data.subarray(at, at + size))) await once(stream, 'drain');
    at += size;
  }
  stream.end();
}

/** All that comes until the end; rests as it reads. Rejects when the stream breaks before. */
async function read(stream: MuxStream, rests: readonly number[]): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let n = 0;
  // By itself the loop would destroy the stream behind the end, though it still has something to write.
  for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    const rest = rests[n++ % (rests.length || 1)] ?? 0;
    for (let turns = 0; turns < rest; turns += 1) await turn();
  }
  return Buffer.concat(chunks);
}

test.each(['the one that opened it', 'the other'])(
  '16 MB reach a slow reader completely, although %s ended its own half first',
  async (who) => {
    const { left, right, types } = pair();
    const streams = [left.open(1), right.open(1)] as [MuxStream, MuxStream];
    const [reader, writer] = who === 'the other' ? streams.reverse() : streams;
    if (reader === undefined || writer === undefined) throw new Error('no streams');
    const data = pattern(16 * 1024 * 1024);
    reader.end();
    writer.resume();
    const written = write(writer, data, [1_000_000]);
    let received = 0;
    let same = true;
    for await (const chunk of reader as AsyncIterable<Buffer>) {
      same &&= chunk.equals(data.subarray(received, received + chunk.length));
      received += chunk.length;
      if (received % (1024 * 1024) < chunk.length) await delay(2);
    }
    await written;
    expect([received, same]).toEqual([data.length, true]);
    expect(types).not.toContain(FrameType.RESET);
    expect([left.size, right.size]).toEqual([0, 0]);
  },
);

const direction = fc.record({
  size: fc.oneof(fc.nat({ max: 2_000 }), fc.nat({ max: 900_000 })),
  sizes: fc.array(fc.integer({ min: 1, max: 200_000 }), { minLength: 1, maxLength: 5 }),
  rests: fc.array(fc.nat({ max: 4 }), { maxLength: 6 }),
  /** Ends before it reads anything; or reads all first. */
  order: fc.constantFrom('both', 'write', 'read'),
});

test('every byte before the end arrives once and in order, whatever is cut, paused or ended first', async () => {
  await fc.assert(
    fc.asyncProperty(direction, direction, async (to, from) => {
      // Both would wait for the other.
      fc.pre(!(to.order === 'read' && from.order === 'read'));
      fc.pre(
        !(to.order === 'write' && to.size > 200_000) && !(from.order === 'write' && from.size > 200_000),
      );
      const { left, right, types } = pair();
      const [a, b] = [left.open(7), right.open(7)];
      const [sentByA, sentByB] = [pattern(to.size), pattern(from.size)];
      const run = async (stream: MuxStream, data: Buffer, plan: typeof to) => {
        const writing = () => write(stream, data, plan.sizes);
        if (plan.order === 'both') return (await Promise.all([read(stream, plan.rests), writing()]))[0];
        if (plan.order === 'write') await writing();
        const all = await read(stream, plan.rests);
        if (plan.order === 'read') await writing();
        return all;
      };
      const [gotByA, gotByB] = await Promise.all([run(a, sentByA, to), run(b, sentByB, from)]);
      expect(gotByA.equals(sentByB)).toBe(true);
      expect(gotByB.equals(sentByA)).toBe(true);
      await turn();
      expect(types).not.toContain(FrameType.RESET);
      expect([left.size, right.size]).toEqual([0, 0]);
    }),
    { numRuns: 60 },
  );
});

test('data before the end is still read after the peer is gone', async () => {
  const mux = new Mux(() => {});
  const stream = mux.open(1);
  for (const text of ['first', 'last'])
    mux.receive({ type: FrameType.DATA, stream: 1, payload: Buffer.from(text) });
  mux.receive({ type: FrameType.END, stream: 1, payload: Buffer.alloc(0) });
  mux.receive({ type: FrameType.RESET, stream: 1, payload: Buffer.alloc(0) });
  expect(String(await read(stream, [2]))).toBe('firstlast');
  await turn();
  expect(stream.destroyed).toBe(true);
  expect(mux.size).toBe(0);
});

test('a peer that is gone without an end does not look ended', async () => {
  const mux = new Mux(() => {});
  const stream = mux.open(1);
  mux.receive({ type: FrameType.DATA, stream: 1, payload: Buffer.from('half') });
  mux.receive({ type: FrameType.RESET, stream: 1, payload: Buffer.alloc(0) });
  await expect(read(stream, [])).rejects.toThrow(/premature close/i);
  expect(mux.size).toBe(0);
});

test('resets a stream once that is given up before both sides ended', () => {
  const sent: number[] = [];
  const mux = new Mux((frame) => sent.push(frame.readUInt8(0)));
  mux.open(1).destroy();
  const ended = mux.open(2);
  mux.receive({ type: FrameType.END, stream: 2, payload: Buffer.alloc(0) });
  ended.destroy();
  expect(sent).toEqual([FrameType.RESET, FrameType.RESET]);
});

test.each([
  ['data', encodeFrame(FrameType.DATA, 1, Buffer.from('x'))],
  ['an end', encodeFrame(FrameType.END, 1)],
])('%s after the end causes a ProtocolError', (_what, bytes) => {
  const mux = new Mux(() => {});
  mux.open(1);
  const receive = (frames: Buffer) => {
    for (const frame of new FrameReader().push(frames)) mux.receive(frame);
  };
  receive(encodeFrame(FrameType.END, 1));
  expect(() => receive(bytes)).toThrow(ProtocolError);
});

test('when the wire is gone, all streams are gone, whatever they still held', () => {
  const mux = new Mux(() => {});
  const streams = [1, 2].map((id) => mux.open(id));
  mux.receive({ type: FrameType.DATA, stream: 2, payload: Buffer.alloc(MAX_PAYLOAD) });
  mux.receive({ type: FrameType.END, stream: 2, payload: Buffer.alloc(0) });
  mux.destroy();
  expect(streams.map(({ destroyed }) => destroyed)).toEqual([true, true]);
});
