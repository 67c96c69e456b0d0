import type { IncomingHttpHeaders } from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';

/** An `import` reads whatever this module offers, and so loads `fetch`: a tenth of what the start of this server takes. */
const http = process.getBuiltinModule('node:http');

const MAX_ANSWER_BYTES = 1024 * 1024;
/** Shorter than the keep-alive time of servers: a request on a dying connection has an unknown outcome. */
const IDLE_MS = 4_000;

export interface Exchange {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** A request without a complete HTTP answer. Holds no header, body or recipient. */
export class RequestFailed extends Error {
  /** True if no connection was made, so nothing was sent. */
  readonly sentNothing: boolean;
  readonly timedOut: boolean;
  constructor(message: string, how: { sentNothing: boolean; timedOut: boolean }) {
    super(message);
    this.name = 'RequestFailed';
    this.sentNothing = how.sentNothing;
    this.timedOut = how.timedOut;
  }
}

const options = { keepAlive: true, timeout: IDLE_MS, maxSockets: 64 };
const agents = { 'http:': new http.Agent(options), 'https:': new https.Agent(options) };

/**
 * One request and its answer, by `deadline` (milliseconds since the epoch). Not fetch, which hides whether there was a
 * connection when a request failed. That decides whether a text may be sent again.
 */
export function exchange({ method, url, headers, body }: Exchange, deadline: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const secure = url.protocol === 'https:';
    let connected = false;
    let timedOut = false;
    const request = (secure ? https : http).request(url, {
      method,
      headers: {
        ...headers,
        ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
      },
      agent: agents[secure ? 'https:' : 'http:'],
    });
    const timer = setTimeout(
      () => {
        timedOut = true;
        request.destroy(new Error('deadline'));
      },
      Math.max(0, deadline - Date.now()),
    );
    const fail = (error: Error) => {
      clearTimeout(timer);
      const code = 'code' in error && typeof error.code === 'string' ? error.code : 'the connection broke';
      const message = timedOut ? 'no whole answer in time' : code;
      reject(new RequestFailed(message, { sentNothing: !connected, timedOut }));
    };
    request.on('socket', (socket: Socket) => {
      if (request.reusedSocket) connected = true;
      else
        socket.once(secure ? 'secureConnect' : 'connect', () => {
          connected = true;
        });
    });
    request.on('error', fail);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size > MAX_ANSWER_BYTES) request.destroy(new Error('answer too large'));
      });
      response.on('error', fail);
      response.on('end', () => {
        clearTimeout(timer);
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      });
    });
    request.end(body);
  });
}
