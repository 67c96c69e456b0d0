import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { getExtensionData, readTlsClientHello } from 'read-tls-client-hello';

const HELLO_MS = 5_000;
const ALERT_MS = 250;
/** TLS alert: fatal, unrecognized_name (RFC 6066). */
const UNRECOGNIZED_NAME = Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x70]);

/**
 * The name in a ClientHello, without taking it off the stream; undefined when there is none, when it is no TLS, or when
 * it does not come in time or in one record.
 */
export async function serverNameOf(stream: Duplex): Promise<string | undefined> {
  const timer = new AbortController();
  try {
    const late = delay(HELLO_MS, undefined, { signal: timer.signal, ref: false });
    // The reader waits for data for ever; the end of the stream, or of its first half, is an answer as well.
    const gone = new Promise<undefined>((resolve) => {
      for (const event of ['end', 'close']) stream.once(event, () => resolve(undefined));
    });
    const hello = await Promise.race([readTlsClientHello(stream), late, gone]);
    return hello ? (getExtensionData(hello, 'server_name')?.serverName ?? undefined) : undefined;
  } catch {
    return undefined;
  } finally {
    timer.abort();
  }
}

/** Refuses in the handshake: the client learns that the name was wrong. */
export function refuseServerName(stream: Duplex): void {
  stream.end(UNRECOGNIZED_NAME);
  // What still comes is thrown away, for as long as the alert needs to arrive.
  stream.resume();
  setTimeout(() => stream.destroy(), ALERT_MS).unref();
}
