const HEADER = 12;
const NXDOMAIN = 3;
/** Class IN, type A (RFC 1035). */
const [IN, A] = [1, 1];
const TTL_SECONDS = 60;

export interface DnsQuestion {
  /** Labels as they came, in printable form. */
  readonly name: string;
  readonly type: number;
  /** Where it ends in the query. */
  readonly end: number;
}

/** The question in a DNS query; undefined for other packets. */
export function dnsQuestion(query: Buffer): DnsQuestion | undefined {
  if (query.length < HEADER + 5 || (query.readUInt8(2) & 0x80) !== 0 || query.readUInt16BE(4) !== 1)
    return undefined;
  const labels: string[] = [];
  for (let at = HEADER; at < query.length; ) {
    const length = query.readUInt8(at);
    // No name is longer (RFC 1035).
    if (at > HEADER + 254) return undefined;
    if (length === 0) {
      const end = at + 5;
      if (end > query.length) return undefined;
      return { name: labels.join('.') || '.', type: query.readUInt16BE(at + 1), end };
    }
    if (length > 63 || at + 1 + length > query.length) return undefined;
    labels.push(
      query
        .subarray(at + 1, at + 1 + length)
        .toString('latin1')
        .replace(/[^\x21-\x7e]/g, '?'),
    );
    at += 1 + length;
  }
  return undefined;
}

/** "No such name", for any query. */
export const refusal = (query: Buffer, question = dnsQuestion(query)): Buffer =>
  answerTo(query, question?.end ?? query.length, NXDOMAIN);

/** The IPv4 address to a query of type A; to one of any other type, that there is no such record. */
export function addressAnswer(query: Buffer, { type, end }: DnsQuestion, address: string): Buffer {
  const answer = answerTo(query, end, 0);
  if (type !== A) return answer;
  answer.writeUInt16BE(1, 6);
  const record = Buffer.alloc(16);
  // The name: a pointer to the question's.
  record.writeUInt16BE(0xc000 | HEADER, 0);
  record.writeUInt16BE(A, 2);
  record.writeUInt16BE(IN, 4);
  record.writeUInt32BE(TTL_SECONDS, 6);
  record.writeUInt16BE(4, 10);
  record.set(address.split('.').map(Number), 12);
  return Buffer.concat([answer, record]);
}

/** Turns the header and question of a query into a response. */
function answerTo(query: Buffer, end: number, code: number): Buffer {
  const answer = Buffer.from(query.subarray(0, end));
  answer.writeUInt16BE(0x8180 | code, 2);
  answer.writeUInt16BE(1, 4);
  answer.fill(0, 6, HEADER);
  return answer;
}
