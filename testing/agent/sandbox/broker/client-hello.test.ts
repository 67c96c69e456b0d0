import { Duplex, PassThrough } from 'node:stream';
import { connect } from 'node:tls';
import { expect, test } from 'vitest';
import { serverNameOf } from '../../../../agent/sandbox/broker/client-hello.ts';

/** A ClientHello as Node's own TLS writes it. */
async function hello(servername: string, options: object = {}): Promise<Buffer> {
  const written: Buffer[] = [];
  const wire = new Duplex({
    read: () => {},
    write: (chunk, _encoding, done) => {
      written.push(chunk);
      done();
    },
  });
  const client = connect({ socket: wire, servername, ...options });
  client.on('error', () => {});
  await expect.poll(() => written.length).toBeGreaterThan(0);
  client.destroy();
  return Buffer.concat(written);
}

/** The same message in records of at most `size` bytes. */
function fragmented(record: Buffer, size: number): Buffer {
  const message = record.subarray(5);
  const records: Buffer[] = [];
  for (let at = 0; at < message.length; at += size) {
    const part = message.subarray(at, at + size);
    records.push(Buffer.from([0x16, 3, 1, part.length >> 8, part.length & 0xff]), part);
  }
  return Buffer.concat(records);
}

/** What is read of the bytes, and that they are all still there. */
async function read(chunks: readonly Buffer[], end = false) {
  const stream = new PassThrough();
  const named = serverNameOf(stream);
  for (const chunk of chunks) {
    stream.write(chunk);
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (end) stream.end();
  const result = await named;
  if (!end) expect(stream.read()).toEqual(Buffer.concat(chunks));
  return result;
}

test('reads the name in lower case, and takes nothing off the stream', async () => {
  expect(await read([await hello('API.Example.com')])).toEqual({ name: 'api.example.com' });
});

test.each([1, 3, 60, 200])('in records of %i bytes', async (size) => {
  const bytes = fragmented(await hello('api.example.com'), size);
  const many = size < 30;
  expect(await read([bytes])).toEqual(
    many ? { problem: expect.stringMatching(/no TLS/) } : { name: 'api.example.com' },
  );
});

test('byte by byte', async () => {
  const bytes = fragmented(await hello('api.example.com'), 100);
  expect(await read([...bytes].map((byte) => Buffer.from([byte])))).toEqual({ name: 'api.example.com' });
});

test('accepts a hello of several records, as long as the protocol allows', async () => {
  const ALPNProtocols = Array.from({ length: 90 }, (_, n) => `protocol-${n}-${'x'.repeat(200)}`);
  const bytes = await hello('api.example.com', { ALPNProtocols });
  expect(bytes.length).toBeGreaterThan(16_384);
  expect(await read([bytes])).toEqual({ name: 'api.example.com' });
});

const mutated = (bytes: Buffer, from: string, to: Buffer) => {
  const at = bytes.indexOf(from, 0, 'latin1');
  const copy = Buffer.from(bytes);
  to.copy(copy, at);
  return copy;
};

test.each([
  ['no name', async () => hello('')],
  [
    'an eighth bit in a letter',
    async () => mutated(await hello('api.example.com'), 'api', Buffer.from([0xe1])),
  ],
  ['a NUL in the name', async () => mutated(await hello('api.example.com'), 'api.', Buffer.from('api\0'))],
  [
    'a second server name',
    async () => {
      // The extension after it is given the same number.
      const bytes = await hello('api.example.com');
      const end = bytes.indexOf('api.example.com') + 'api.example.com'.length;
      bytes.writeUInt16BE(0, end);
      return bytes;
    },
  ],
  ['HTTP', async () => Buffer.from('GET / HTTP/1.1\r\n\r\n')],
  ['a ServerHello', async () => Buffer.from('16030100040200000000', 'hex')],
  ['a hello of megabytes', async () => Buffer.from('1603014000011000000303', 'hex')],
  ['an empty record', async () => Buffer.from('1603010000', 'hex')],
])('refuses %s at once', async (_what, bytes) => {
  const sent = await bytes();
  const started = performance.now();
  expect(await read([sent])).toEqual({ problem: expect.stringMatching(/TLS/) });
  // What is only late is refused after five seconds.
  expect(performance.now() - started).toBeLessThan(4_900);
});

test('answers when the stream ends in the middle of a hello', async () => {
  expect(await read([(await hello('api.example.com')).subarray(0, 100)], true)).toMatchObject({
    problem: expect.stringMatching(/no TLS/),
  });
});
