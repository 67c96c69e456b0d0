import { once } from 'node:events';
import { createServer } from 'node:net';
import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { Broker } from '../../../../agent/sandbox/broker/broker.ts';
import { Dialer } from '../../../../agent/sandbox/broker/dial.ts';
import { EgressPolicy } from '../../../../agent/sandbox/broker/egress-policy.ts';
import { addressAnswer, dnsQuestion, refusal } from '../../../../agent/sandbox/gateway/dns.ts';
import {
  encodeFrame,
  type Frame,
  FrameReader,
  FrameType,
  MAX_PAYLOAD,
  ProtocolError,
} from '../../../../agent/sandbox/gateway/frames.ts';
import { MAX_STREAMS, Mux } from '../../../../agent/sandbox/gateway/mux.ts';
import { MCPManifest } from '../../../../agent/sandbox/manifest/manifest.ts';
import type { RuntimePermission } from '../../../../agent/sandbox/manifest/permissions.ts';
import type { EgressEvent } from '../../../../agent/sandbox/plan/egress.ts';
import { launchPlan } from '../../../../agent/sandbox/plan/launch-plan.ts';
import { helloOf } from '../../../laboratory/fuzz/properties/client-hello.ts';
import { cases } from '../../../support/in-full.ts';

const frames = fc.array(
  fc.record({
    type: fc.constantFrom(...Object.values(FrameType)),
    stream: fc.nat({ max: 2 ** 32 - 1 }),
    payload: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  }),
  { maxLength: 20 },
);

test('decodes frames as they were sent, however the bytes are cut', () => {
  fc.assert(
    fc.property(frames, fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), (sent, cuts) => {
      const bytes = Buffer.concat(
        sent.map(({ type, stream, payload }) => encodeFrame(type, stream, payload)),
      );
      const reader = new FrameReader();
      const received: Frame[] = [];
      for (let at = 0, n = 0; at < bytes.length; n += 1) {
        const size = cuts[n % cuts.length] ?? 1;
        received.push(...reader.push(bytes.subarray(at, at + size)));
        at += size;
      }
      expect(received.map((f) => [f.type, f.stream, Buffer.from(f.payload)])).toEqual(
        sent.map((f) => [f.type, f.stream, f.payload]),
      );
    }),
    { numRuns: 500 },
  );
});

test('garbage on the wire causes a ProtocolError or nothing', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 })), (chunks) => {
      const reader = new FrameReader();
      try {
        for (const chunk of chunks)
          for (const frame of reader.push(Buffer.from(chunk)))
            expect(frame.payload.length).toBeLessThanOrEqual(MAX_PAYLOAD);
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError);
      }
    }),
    { numRuns: cases(3_000) },
  );
});

test('refuses an oversized frame before it reads the payload', () => {
  const header = encodeFrame(FrameType.DATA, 1);
  header.writeUInt32BE(MAX_PAYLOAD + 1, 5);
  expect(() => [...new FrameReader().push(header)]).toThrow(ProtocolError);
});

/** Two ends of one wire. */
function pair() {
  const ends: Mux[] = [];
  const link = (to: number) => {
    const reader = new FrameReader();
    return (bytes: Buffer) =>
      queueMicrotask(() => {
        for (const frame of reader.push(bytes)) ends[to]?.receive(frame);
      });
  };
  ends.push(new Mux(link(1)), new Mux(link(0)));
  return ends as [Mux, Mux];
}

test('streams carry megabytes both ways, and neither end buffers more than its window', async () => {
  const [left, right] = pair();
  const [a, b] = [left.open(1), right.open(1)];
  const data = Buffer.alloc(5_000_000, 'abcdefg');
  let most = 0;
  b.on('data', (chunk: Buffer) => {
    most = Math.max(most, b.readableLength);
    if (!b.write(chunk)) {
      b.pause();
      b.once('drain', () => b.resume());
    }
  }).on('end', () => b.end());
  const echoed: Buffer[] = [];
  a.on('data', (chunk: Buffer) => echoed.push(chunk));
  const ended = new Promise((resolve) => a.on('end', resolve));
  a.end(data);
  await ended;
  expect(Buffer.concat(echoed).equals(data)).toBe(true);
  expect(most).toBeLessThanOrEqual(256 * 1024);
});

test('a sender waits when nobody reads; a peer that does not wait causes a ProtocolError', async () => {
  const sent: Buffer[] = [];
  const mux = new Mux((frame) => sent.push(frame));
  const stream = mux.open(1);
  stream.write(Buffer.alloc(10_000_000));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(Buffer.concat(sent).length).toBeLessThan(270_000);
  const flood = () => {
    for (let n = 0; n < 10; n += 1)
      mux.receive({ type: FrameType.DATA, stream: 1, payload: Buffer.alloc(MAX_PAYLOAD) });
  };
  expect(flood).toThrow(ProtocolError);
  const credit = Buffer.alloc(4, 0xff);
  expect(() => mux.receive({ type: FrameType.CREDIT, stream: 1, payload: credit })).toThrow(ProtocolError);
});

test('limits the number of streams, and refuses an id in use', () => {
  const mux = new Mux(() => {});
  expect(() => {
    mux.open(1);
    mux.open(1);
  }).toThrow(ProtocolError);
  expect(() => {
    for (let id = 2; id < MAX_STREAMS + 3; id += 1) mux.open(id);
  }).toThrow(/too many streams/);
});

async function broker(granted: RuntimePermission[] = [], dialer?: Dialer) {
  const manifest = new MCPManifest({ name: 'x', registry: 'npm', packageName: 'x', permissions: [] });
  const recorded: EgressEvent[] = [];
  const made = await Broker.create({
    policy: new EgressPolicy(granted),
    plan: launchPlan(manifest, { granted, refused: [] }, {}),
    record: (e) => recorded.push(e),
    dialer,
  });
  const gateway = { stdin: new PassThrough(), stdout: new PassThrough() };
  const failures: string[] = [];
  const { ready: attached } = made.attach(gateway, (reason) => void failures.push(reason));
  attached.catch(() => {});
  return { gateway, recorded, attached, failures };
}

test('gives up a gateway that sends any garbage', async () => {
  await fc.assert(
    fc.asyncProperty(frames, async (sent) => {
      const { gateway, recorded } = await broker();
      for (const { type, stream, payload } of sent) gateway.stdout.write(encodeFrame(type, stream, payload));
      gateway.stdout.destroy();
      await new Promise((resolve) => setImmediate(resolve));
      expect(recorded.filter(({ verdict }) => verdict === 'allowed')).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

test('fails when a gateway ends before it is ready', async () => {
  const { gateway, attached } = await broker();
  gateway.stdout.destroy();
  await expect(attached).rejects.toThrow(/gateway ended/);
});

const open = (stream: number, address: string, port: number) =>
  encodeFrame(FrameType.OPEN, stream, Buffer.from(JSON.stringify({ address, port })));

async function localServer() {
  const server = createServer((socket) => socket.on('error', () => {}).end('hi')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as { port: number }).port;
}

test('gives up a gateway that breaks the protocol, once, and stops reading it', async () => {
  const { gateway, failures } = await broker();
  for (let n = 0; n < 2_000; n += 1) {
    gateway.stdout.write(Buffer.alloc(MAX_PAYLOAD, 0xee));
    if (n % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  expect(failures).toEqual(['the gateway broke the protocol']);
  // Nobody keeps what is no longer read: the stream flows, empty.
  expect(gateway.stdout.readableFlowing).toBe(true);
  expect(gateway.stdout.listenerCount('data')).toBe(0);
});

test('gives up a gateway that does not read', async () => {
  const { gateway, failures } = await broker();
  // Each is refused in words, as the port is HTTP's; each is then over, as no more than a few may be open.
  for (let n = 1; n < 1_000_000 && failures.length === 0; n += 1) {
    gateway.stdout.write(open(n, '192.0.2.1', 80));
    gateway.stdout.write(encodeFrame(FrameType.RESET, n));
    if (n % 1_000 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  expect(failures).toEqual(['the gateway does not read']);
});

test('survives a workload that connects and leaves', async () => {
  const port = await localServer();
  const { gateway, recorded, failures } = await broker([{ type: 'host', host: '127.0.0.1', port }]);
  gateway.stdin.resume();
  for (let n = 1; n <= 300; n += 1) {
    const frames = [open(n, '127.0.0.1', port), encodeFrame(FrameType.DATA, n, Buffer.from('x'))];
    frames.push(encodeFrame(FrameType.END, n), encodeFrame(FrameType.RESET, n));
    for (const frame of frames) gateway.stdout.write(frame);
    if (n % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(failures).toEqual([]);
  expect(recorded.filter(({ verdict }) => verdict === 'denied')).toEqual([]);
});

test('resets and records one connection too many, and keeps the others', async () => {
  const port = await localServer();
  const { gateway, recorded, failures } = await broker([{ type: 'host', host: '127.0.0.1', port }]);
  for (let n = 1; n <= MAX_STREAMS + 1; n += 1) gateway.stdout.write(open(n, '127.0.0.1', port));
  expect(await answerOn(gateway, MAX_STREAMS + 1)).toBe('');
  await expect.poll(() => recorded.length).toBe(MAX_STREAMS + 1);
  expect(recorded.filter(({ verdict }) => verdict === 'denied')).toEqual([
    { host: '127.0.0.1', port, verdict: 'denied', reason: 'too many connections are open' },
  ]);
  expect(failures).toEqual([]);
});

test('endless denials do not hide allowed connections in the record', async () => {
  const port = await localServer();
  const { gateway, recorded } = await broker([{ type: 'host', host: '127.0.0.1', port }]);
  gateway.stdin.resume();
  const attempt = encodeFrame(FrameType.ATTEMPT, 0, Buffer.from('{"dns":"x.example"}'));
  for (let n = 0; n < 6_000; n += 1) gateway.stdout.write(attempt);
  gateway.stdout.write(open(1, '127.0.0.1', port));
  await expect.poll(() => recorded.at(-1)).toMatchObject({ verdict: 'allowed', host: '127.0.0.1' });
});

test('limits the record of endless attempts', async () => {
  const { gateway, recorded } = await broker();
  const attempt = encodeFrame(FrameType.ATTEMPT, 0, Buffer.from('{"dns":"x.example"}'));
  for (let n = 0; n < 20_000; n += 1) gateway.stdout.write(attempt);
  await expect.poll(() => recorded.length).toBe(5_000);
  expect(recorded.at(-1)?.reason).toMatch(/too many attempts/);
});

test('limits the record of endless broken handshakes, which are recorded as failed under their name', async () => {
  const { gateway, recorded } = await broker([
    {
      ...{ type: 'domain', domain: 'api.example.com', port: 443 },
      http: { rules: [{ method: 'GET', path: '/' }] },
    },
  ]);
  gateway.stdin.resume();
  const hello = await helloOf({ servername: 'api.example.com' });
  for (let stream = 1; stream <= 5_100; stream += 1) {
    gateway.stdout.write(open(stream, '127.77.0.1', 443));
    gateway.stdout.write(encodeFrame(FrameType.DATA, stream, hello));
    await new Promise((resolve) => setImmediate(resolve));
    gateway.stdout.write(encodeFrame(FrameType.RESET, stream));
    if (stream === 1) await expect.poll(() => recorded.length).toBe(1);
  }
  await expect.poll(() => recorded.length).toBe(5_000);
  expect(recorded[0]).toMatchObject({ host: 'api.example.com', port: 443, verdict: 'failed' });
  expect(recorded[0]?.reason).toMatch(/left during the TLS handshake: does it trust/);
  expect(recorded.at(-1)?.reason).toMatch(/too many attempts: further failures/);
});

test('DNS: reads the name, answers no, and ignores garbage', () => {
  const query = Buffer.from('abcd01000001000000000000076578616d706c6503636f6d0000010001', 'hex');
  expect(dnsQuestion(query)).toMatchObject({ name: 'example.com', type: 1 });
  const answer = refusal(query);
  expect(answer.subarray(0, 2)).toEqual(query.subarray(0, 2));
  expect(answer.readUInt16BE(2) & 0x800f).toBe(0x8003);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
      const question = dnsQuestion(Buffer.from(bytes));
      if (question === undefined) return;
      expect(question.name).toMatch(/^[\x21-\x7e]+$/);
      expect(refusal(Buffer.from(bytes)).length).toBeLessThanOrEqual(bytes.length);
    }),
    { numRuns: cases(5_000) },
  );
});

test('DNS: a granted name has its address in the pod, and no record of any other type', () => {
  const query = Buffer.from('abcd01000001000000000000076578616d706c6503636f6d0000010001', 'hex');
  const question = dnsQuestion(query);
  if (question === undefined) throw new Error('no question');
  const answer = addressAnswer(query, question, '127.77.0.1');
  expect(answer.subarray(-4)).toEqual(Buffer.from([127, 77, 0, 1]));
  expect([answer.readUInt16BE(2) & 0xf, answer.readUInt16BE(6)]).toEqual([0, 1]);
  const aaaa = addressAnswer(query, { ...question, type: 28 }, '127.77.0.1');
  expect([aaaa.readUInt16BE(2) & 0xf, aaaa.readUInt16BE(6)]).toEqual([0, 0]);
});

/** What a gateway is sent on one stream, until it ends or is reset. */
async function answerOn(gateway: { stdin: PassThrough }, stream: number): Promise<string> {
  const reader = new FrameReader();
  let data = '';
  for await (const chunk of gateway.stdin) {
    for (const frame of reader.push(chunk)) {
      if (frame.stream !== stream) continue;
      if (frame.type === FrameType.DATA) data += frame.payload.toString('latin1');
      if (frame.type === FrameType.END || frame.type === FrameType.RESET) return data;
    }
  }
  return data;
}

test.each([
  [80, /^HTTP\/1\.1 403 Forbidden\r\n[\s\S]*198\.51\.100\.7:80: this address was not granted/],
  [443, /^%15%03%03%00%02%021$/],
  [22, /^$/],
])('refuses fast on port %i, in the protocol of the port', async (port, said) => {
  const { gateway, recorded } = await broker();
  const started = performance.now();
  gateway.stdout.write(open(1, '198.51.100.7', port));
  const answer = await answerOn(gateway, 1);
  expect(port === 443 ? escape(answer) : answer).toMatch(said);
  // Sooner than a connection that is tried is given up.
  expect(performance.now() - started).toBeLessThan(9_900);
  expect(recorded).toHaveLength(1);
});

test('reaches a host granted by name in any protocol, at the checked address', async () => {
  const port = await localServer();
  const dialer = new Dialer(async () => [{ address: '127.0.0.1', family: 4 }]);
  const granted: RuntimePermission[] = [{ type: 'host', host: 'db.example.com', port }];
  const refused = await broker(granted, dialer);
  refused.gateway.stdout.write(open(1, '127.77.0.1', port));
  await expect.poll(() => refused.recorded).toMatchObject([{ verdict: 'denied', host: 'db.example.com' }]);
  expect(refused.recorded[0]?.reason).toMatch(/not a public address/);
});

test('applies the rules of a name also at the address of a wildcard', async () => {
  const dialled: string[] = [];
  const dialer = new Dialer(async (name) => {
    dialled.push(name);
    throw new Error('no network here');
  });
  const [wildcard, own]: RuntimePermission[] = [
    { type: 'domain', domain: '*.example.com', port: 443 },
    {
      type: 'domain',
      domain: 'api.example.com',
      port: 443,
      http: { rules: [{ method: 'GET', path: '/' }] },
    },
  ];
  const { gateway } = await broker([wildcard, own] as RuntimePermission[], dialer);
  gateway.stdout.write(open(1, '127.77.0.1', 443));
  const hello = await helloOf({ servername: 'api.example.com' });
  gateway.stdout.write(encodeFrame(FrameType.DATA, 1, hello));
  gateway.stdout.write(open(2, '127.77.0.1', 443));
  gateway.stdout.write(encodeFrame(FrameType.DATA, 2, await helloOf({ servername: 'www.example.com' })));
  await expect.poll(() => dialled).toEqual(['www.example.com']);
  // The broker speaks TLS itself: its first record is of the handshake.
  const [first] = await once(gateway.stdin, 'data');
  const [frame] = new FrameReader().push(first);
  expect(frame).toMatchObject({ type: FrameType.DATA, stream: 1 });
  expect(frame?.payload.readUInt8(0)).toBe(0x16);
});
