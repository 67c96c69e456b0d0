import assert from 'node:assert/strict';
import fc from 'fast-check';
import { addressAnswer, dnsQuestion, refusal } from '../../../../agent/sandbox/gateway/dns.ts';
import { fuzz, mutated, randomBytes } from '../fuzz-property.ts';

const label = fc.oneof(fc.stringMatching(/^[a-z0-9-]{1,10}$/).map(Buffer.from), randomBytes(70));
const query = fc
  .tuple(fc.array(label, { maxLength: 8 }), randomBytes(60))
  .map(([labels, rest]) =>
    Buffer.concat([
      Buffer.from('abcd01000001000000000000', 'hex'),
      ...labels.flatMap((name) => [Buffer.from([name.length]), name]),
      Buffer.from('0000010001', 'hex'),
      rest,
    ]),
  );

export const dnsProperties = [
  fuzz(
    'a DNS query is answered with "no such name" to the same question, or not at all',
    { cases: 3_000, share: 7 },
    fc.oneof(query, mutated(query), randomBytes(600)),
    (bytes) => {
      const question = dnsQuestion(bytes);
      if (question === undefined) return;
      assert.match(question.name, /^[\x21-\x7e]{1,255}$/);
      const answer = refusal(bytes);
      // No amplification, and a real answer: the same ID and question, NXDOMAIN, no records.
      assert.ok(answer.length <= bytes.length);
      assert.equal(answer.readUInt16BE(0), bytes.readUInt16BE(0));
      assert.equal(answer.toString('hex', 2, 12), '81830001000000000000');
      assert.deepEqual(answer.subarray(12), bytes.subarray(12, question.end));
      const address = addressAnswer(bytes, question, '127.77.0.1');
      assert.ok(address.length <= question.end + 16);
      for (const each of [answer, address]) {
        const asQuery = Buffer.from(each);
        asQuery.writeUInt16BE(0x0100, 2);
        assert.deepEqual(dnsQuestion(asQuery), question);
      }
    },
  ),
];
