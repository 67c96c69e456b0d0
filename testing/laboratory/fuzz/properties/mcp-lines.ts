import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { fakeServer } from '../../../support/fake-server.ts';
import { cut, fuzz, inPieces, mutated, randomBytes } from '../fuzz-property.ts';

const id = fc.oneof(fc.nat(), fc.string({ maxLength: 10 }));
const text = fc.string({ unit: 'grapheme', maxLength: 30 });
const message = fc.oneof(
  fc.record({ jsonrpc: fc.constant('2.0'), id, method: text }),
  fc.record({ jsonrpc: fc.constant('2.0'), method: text, params: fc.dictionary(text, fc.jsonValue()) }),
  fc.record({ jsonrpc: fc.constant('2.0'), id, result: fc.dictionary(text, fc.jsonValue()) }),
  fc.record({ jsonrpc: fc.constant('2.0'), id, error: fc.record({ code: fc.integer(), message: text }) }),
);
const jsonLine = (value: unknown) => Buffer.from(`${JSON.stringify(value)}\n`);
const noise = fc.oneof(
  randomBytes(80),
  fc.jsonValue().map(jsonLine),
  mutated(message.map(jsonLine)),
  text.map((line) => Buffer.from(`${line}\r\n`)),
  fc.nat({ max: 2_000 }).map((depth) => Buffer.from(`${'['.repeat(depth)}\n`)),
);

export const mcpProperties = [
  fuzz(
    'whatever a server writes, its transport takes messages and reports the rest',
    { cases: 1_500, share: 7 },
    fc.tuple(
      inPieces(fc.array(noise, { maxLength: 12 }).map((lines) => Buffer.concat(lines))),
      inPieces(randomBytes(200)),
    ),
    async ([chunks, stderr]) => {
      const fake = await fakeServer();
      for (const chunk of chunks) fake.stdout.write(chunk);
      for (const chunk of stderr) fake.stderr.write(chunk);
      await turn();
      for (const taken of fake.messages) assert.equal((taken as { jsonrpc: string }).jsonrpc, '2.0');
      assert.doesNotMatch(fake.transport.stderr, /(?!\n)\p{Cc}/u);
      await fake.transport.close();
    },
  ),
  fuzz(
    'messages arrive as they were sent, however they are cut, also between the bytes of a character',
    { cases: 1_000, share: 7 },
    fc.tuple(fc.array(message, { maxLength: 8 }), fc.array(fc.nat({ max: 3_000 }), { maxLength: 30 })),
    async ([sent, cuts]) => {
      const fake = await fakeServer();
      for (const chunk of cut(Buffer.concat(sent.map(jsonLine)), cuts)) fake.stdout.write(chunk);
      await turn();
      assert.deepEqual(fake.errors, []);
      assert.deepEqual(JSON.stringify(fake.messages.length), JSON.stringify(sent.length));
      await fake.transport.close();
    },
  ),
];
