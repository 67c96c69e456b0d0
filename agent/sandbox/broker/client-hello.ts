import { type Duplex, Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { getExtensionData, readTlsClientHello } from 'read-tls-client-hello';
import { wireName } from '../manifest/host-name.ts';

const HELLO_MS = 5_000;
/** The bytes are there by then. */
const PARSE_MS = 500;
/** The largest ClientHello of browsers, with post-quantum keys, has about 2 KiB. */
const MAX_HELLO_BYTES = 32 * 1024;
const MAX_RECORDS = 64;
const RECORD_HEADER = 5;
const HANDSHAKE_HEADER = 4;
const HANDSHAKE = 0x16;
const CLIENT_HELLO = 1;
const SERVER_NAME = 0;

/** The name in a ClientHello, in wire form, or why it has no usable name. */
export type ServerName =
  | { readonly name: string; readonly problem?: undefined }
  | { readonly name?: undefined; readonly problem: string };

const NO_TLS: ServerName = { problem: 'no TLS with a server name' };

/**
 * The server name in a ClientHello, in however many records and pieces it comes, without taking it off the stream.
 * Never throws.
 */
export async function serverNameOf(stream: Duplex): Promise<ServerName> {
  const consumed: Buffer[] = [];
  try {
    const hello = await readHello(stream, consumed);
    if (hello === undefined) return NO_TLS;
    return await nameIn(hello);
  } catch {
    return NO_TLS;
  } finally {
    if (consumed.length > 0 && !stream.destroyed && !stream.readableEnded)
      stream.unshift(Buffer.concat(consumed));
  }
}

/** The ClientHello message, put together from its records; undefined when this is none, too large, or late. */
async function readHello(stream: Duplex, consumed: Buffer[]): Promise<Buffer | undefined> {
  const late = AbortSignal.timeout(HELLO_MS);
  let bytes = Buffer.alloc(0);
  for (;;) {
    const hello = helloIn(bytes);
    if (hello !== 'more') return hello;
    const chunk = await nextChunk(stream, late);
    if (chunk === undefined) return undefined;
    consumed.push(chunk);
    bytes = Buffer.concat([bytes, chunk]);
  }
}

function helloIn(bytes: Buffer): Buffer | undefined | 'more' {
  const parts: Buffer[] = [];
  let size = 0;
  let wanted: number | undefined;
  for (let at = 0, records = 0; ; records += 1) {
    if (at < bytes.length && bytes[at] !== HANDSHAKE) return undefined;
    if (at + RECORD_HEADER > bytes.length) return 'more';
    const length = bytes.readUInt16BE(at + 3);
    // RFC 8446: handshake records are never empty, nor over 2^14.
    if (bytes[at + 1] !== 3 || length === 0 || length > 16_384 || records >= MAX_RECORDS) return undefined;
    const payload = bytes.subarray(at + RECORD_HEADER, at + RECORD_HEADER + length);
    parts.push(payload);
    size += payload.length;
    if (wanted === undefined && size >= HANDSHAKE_HEADER) {
      const head = Buffer.concat(parts);
      if (head[0] !== CLIENT_HELLO) return undefined;
      wanted = HANDSHAKE_HEADER + head.readUIntBE(1, 3);
      if (wanted > MAX_HELLO_BYTES) return undefined;
    }
    if (wanted !== undefined && size > wanted) return undefined;
    if (wanted !== undefined && size === wanted) return Buffer.concat(parts);
    if (payload.length < length) return 'more';
    at += RECORD_HEADER + length;
  }
}

/** The bytes received so far. Undefined at the end of the stream or after the time limit. */
function nextChunk(stream: Duplex, late: AbortSignal): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const done = (chunk: Buffer | undefined) => {
      for (const event of ['end', 'close', 'error']) stream.removeListener(event, ended);
      stream.removeListener('readable', read);
      late.removeEventListener('abort', ended);
      resolve(chunk);
    };
    const ended = () => done(undefined);
    const read = () => {
      const chunk: Buffer | null = stream.read();
      if (chunk !== null) done(chunk);
    };
    if (late.aborted || stream.destroyed || stream.readableEnded) return resolve(undefined);
    for (const event of ['end', 'close', 'error']) stream.once(event, ended);
    late.addEventListener('abort', ended, { once: true });
    stream.on('readable', read);
    read();
  });
}

/** The library reads one record: the message is given to it as one. */
async function nameIn(message: Buffer): Promise<ServerName> {
  const header = Buffer.from([HANDSHAKE, 3, 1, message.length >> 8, message.length & 0xff]);
  const timer = new AbortController();
  const late = delay(PARSE_MS, undefined, { signal: timer.signal, ref: false });
  late.catch(() => {});
  try {
    const source = Readable.from([Buffer.concat([header, message])], { objectMode: false });
    const hello = await Promise.race([readTlsClientHello(source), late]);
    if (hello === undefined) return NO_TLS;
    // Two readers could take two different ones.
    if (hello.extensions.filter(({ id }) => id === SERVER_NAME).length > 1)
      return { problem: 'TLS with more than one server name' };
    const written = getExtensionData(hello, 'server_name')?.serverName;
    if (written === undefined) return NO_TLS;
    const name = wireName(written);
    // The library drops the eighth bit of each byte: what it read must stand there, byte for byte.
    const same = name !== undefined && serverNameBytes(message).equals(Buffer.from(written, 'latin1'));
    return same ? { name } : { problem: 'TLS for something that is no host name' };
  } finally {
    timer.abort();
  }
}

/** The name's own bytes, in a message that the library could read. Throws RangeError when they are not where they belong. */
function serverNameBytes(message: Buffer): Buffer {
  let at = HANDSHAKE_HEADER + 2 + 32;
  at += 1 + message.readUInt8(at);
  at += 2 + message.readUInt16BE(at);
  at += 1 + message.readUInt8(at);
  for (at += 2; message.readUInt16BE(at) !== SERVER_NAME; ) at += 4 + message.readUInt16BE(at + 2);
  // Type and length of the extension, length of the list, kind of its first entry.
  const name = at + 4 + 2 + 1;
  return message.subarray(name + 2, name + 2 + message.readUInt16BE(name));
}
