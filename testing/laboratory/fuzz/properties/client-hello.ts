import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type Duplex, duplexPair } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { type ConnectionOptions, connect, createSecureContext, TLSSocket } from 'node:tls';
import fc from 'fast-check';
import { serverNameOf } from '../../../../agent/sandbox/broker/client-hello.ts';
import { createRunCa } from '../../../../agent/sandbox/broker/run-ca.ts';
import { cut, type FuzzProperty, fuzz, inPieces, mutated, randomBytes } from '../fuzz-property.ts';

/** The first flight of Node's own TLS client. */
export async function helloOf(options: ConnectionOptions): Promise<Buffer> {
  const [left, right] = duplexPair();
  const client = connect({ ...options, socket: left, rejectUnauthorized: false });
  client.on('error', () => {});
  const [hello] = (await once(right, 'data')) as [Buffer];
  client.destroy();
  return hello;
}

export const NAME = 'api.example.com';
const hellos = [
  await helloOf({ servername: NAME }),
  await helloOf({ servername: NAME, maxVersion: 'TLSv1.2' }),
  await helloOf({ servername: NAME, ALPNProtocols: ['http/1.1', 'h2'] }),
  await helloOf({ servername: `${'a'.repeat(60)}.${NAME}` }),
  await helloOf({}),
];
const hello = fc.constantFrom(...hellos);

/** Both ends of a connection whose client has sent these bytes. */
function sending(chunks: readonly Buffer[]): { client: Duplex; stream: Duplex } {
  const [client, stream] = duplexPair();
  for (const each of [client, stream]) each.on('error', () => {});
  for (const chunk of chunks) client.write(chunk);
  client.resume();
  return { client, stream };
}

/** One whose client has ended, too. */
function sent(chunks: readonly Buffer[]): Duplex {
  const { client, stream } = sending(chunks);
  client.end();
  return stream;
}

/** One TLS record as several: the same message, cut elsewhere. */
const inRecords = fc.tuple(hello, fc.array(fc.nat({ max: 600 }), { maxLength: 3 })).map(([bytes, cuts]) =>
  Buffer.concat(
    cut(bytes.subarray(5), cuts).map((part) => {
      const header = Buffer.from([22, 3, 1, part.length >> 8, part.length & 255]);
      return Buffer.concat([header, part]);
    }),
  ),
);

/** Whom OpenSSL would be asked to be; undefined when it gets no name, or refuses before. */
async function nameForOpenSsl(bytes: Buffer, secureContext: ReturnType<typeof createSecureContext>) {
  const [left, right] = duplexPair();
  let asked: string | undefined;
  const server = new TLSSocket(right, {
    isServer: true,
    secureContext,
    SNICallback: (servername, done) => {
      asked = servername;
      done(null, secureContext);
    },
  });
  server.on('error', () => {}).resume();
  left.on('error', () => {}).resume();
  left.end(bytes);
  await turn();
  await turn();
  server.destroy();
  left.destroy();
  return asked;
}

/** The one that matters: a name that we see and another that the server behind us sees would be a way around us. */
const asOpenSsl: FuzzProperty = {
  name: 'a name is read in a ClientHello as OpenSSL reads it, or not at all',
  cases: 1_000,
  share: 3,
  open: async () => {
    const context = createSecureContext(await (await createRunCa([NAME])).issue(NAME));
    const input = fc.oneof(mutated(hello), mutated(inRecords));
    const property = fc.asyncProperty(input, async (bytes) => {
      const { name: ours } = await serverNameOf(sent([bytes]));
      const theirs = await nameForOpenSsl(bytes, context);
      if (ours !== undefined && theirs !== undefined) assert.equal(ours.toLowerCase(), theirs.toLowerCase());
    });
    return { property: property as fc.IRawProperty<unknown> };
  },
};

export const clientHelloProperties = [
  fuzz(
    'a ClientHello is read however it is cut, and stays on the stream',
    { cases: 1_000, share: 2 },
    fc.array(fc.nat({ max: 2_000 }), { maxLength: 20 }),
    async (cuts) => {
      const [bytes] = hellos as [Buffer];
      const { client, stream } = sending(cut(bytes, cuts));
      assert.deepEqual(await serverNameOf(stream), { name: NAME });
      client.end();
      const rest: Buffer[] = [];
      for await (const chunk of stream) rest.push(chunk as Buffer);
      assert.ok(Buffer.concat(rest).equals(bytes));
    },
  ),
  fuzz(
    'whatever a client begins with, there is an answer once it has ended',
    { cases: 2_000, share: 3 },
    inPieces(fc.oneof(mutated(hello), mutated(inRecords), randomBytes(200)), 6),
    async (chunks) => {
      const stream = sent(chunks);
      const began = performance.now();
      const { name, problem } = await serverNameOf(stream);
      // What is only late is given up after five seconds.
      assert.ok(performance.now() - began < 4_900, 'it took too long');
      assert.ok((name === undefined) !== (problem === undefined));
      stream.destroy();
    },
  ),
  asOpenSsl,
];
