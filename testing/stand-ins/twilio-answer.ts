import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from './twilio-faults.ts';
import type { ApiError } from './twilio-messages.ts';

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export const errorAnswer = ({ http, code, message }: ApiError): Answer => ({
  status: http,
  body: { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status: http },
});

/** Sends an answer, or what a fault makes of it. */
export async function reply(
  response: ServerResponse,
  answer: Answer,
  fault: Fault | undefined,
): Promise<void> {
  switch (fault?.kind) {
    case '429':
      return send(response, TOO_MANY);
    case '429-retry-after':
      return send(response, { ...TOO_MANY, headers: { 'retry-after': String(fault.retryAfter ?? 1) } });
    case '5xx-before':
    case '5xx-after': {
      const http = fault.status ?? 500;
      return send(response, errorAnswer({ http, code: 20500, message: 'An internal server error' }));
    }
    case 'reset-before':
    case 'reset-after':
      response.socket?.resetAndDestroy();
      return;
    case 'slow-drip':
      return drip(response, answer, fault.ms ?? 100);
    case 'bad-json':
      response.writeHead(answer.status, JSON_TYPE).end(JSON.stringify(answer.body).slice(0, -20));
      return;
    case 'empty-201':
      response.writeHead(201, JSON_TYPE).end();
      return;
    case 'empty-object-201':
      return send(response, { status: 201, body: {} });
    case 'late':
      await sleep(fault.ms ?? 1_000, undefined, { ref: false });
      return send(response, answer);
    case undefined:
      return send(response, answer);
  }
}

const JSON_TYPE = { 'content-type': 'application/json' };
const TOO_MANY = errorAnswer({ http: 429, code: 20429, message: 'Too Many Requests' });

function send(response: ServerResponse, { status, body, headers }: Answer): void {
  response.writeHead(status, { ...JSON_TYPE, ...headers }).end(JSON.stringify(body));
}

/** Byte after byte: no idle timeout ends it, only a deadline. */
function drip(response: ServerResponse, { status, body }: Answer, everyMs: number): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, { ...JSON_TYPE, 'content-length': bytes.length });
  let at = 0;
  const timer = setInterval(() => {
    response.write(bytes.subarray(at, at + 1));
    at += 1;
    if (at === bytes.length) response.end();
  }, everyMs);
  response.on('close', () => clearInterval(timer));
}
