const HEADER = 12;
const NXDOMAIN = 3;

/** The name a DNS query asks for; undefined when it is no query. Labels are kept as they came, in printable form. */
export function dnsQuestion(query: Buffer): string | undefined {
  if (query.length < HEADER + 5 || (query.readUInt8(2) & 0x80) !== 0 || query.readUInt16BE(4) !== 1)
    return undefined;
  const labels: string[] = [];
  for (let at = HEADER; at < query.length; ) {
    const length = query.readUInt8(at);
    // No name is longer (RFC 1035).
    if (at > HEADER + 254) return undefined;
    if (length === 0) return labels.join('.') || '.';
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
export function refusal(query: Buffer): Buffer {
  const end = query.indexOf(0, HEADER) + 5;
  const answer = Buffer.from(query.subarray(0, end));
  answer.writeUInt16BE(0x8180 | NXDOMAIN, 2);
  answer.writeUInt16BE(1, 4);
  answer.fill(0, 6, HEADER);
  return answer;
}
