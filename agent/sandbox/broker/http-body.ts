import type { IncomingMessage, ServerResponse } from 'node:http';
import { readStrictJson } from '../foundation/strict-json.ts';
import type { HttpAccess } from '../manifest/http-rules.ts';
import type { HttpBody } from './match-rules.ts';

const MAX_FORM_BYTES = 64 * 1024;
const MAX_JSON_BYTES = 1024 * 1024;
/** Of all requests that are open, besides one multipart body of the largest size. */
const MAX_HELD_BYTES = 32 * 1024 * 1024;

const KINDS = [
  { kind: 'form', content: /^application\/x-www-form-urlencoded(\s*;\s*charset=utf-8)?$/i },
  { kind: 'json', content: /^application\/([a-z0-9.-]+\+)?json(\s*;\s*charset=utf-8)?$/i },
  { kind: 'multipart', content: /^multipart\/form-data\s*;\s*boundary="?[A-Za-z0-9'()+_,./:=? -]{1,70}"?$/i },
] as const;

/** Reads the bodies of requests to one domain. What all of them take of our memory is limited. */
export class BodyReader {
  /** Bytes, by kind. */
  readonly #most: Readonly<Record<'form' | 'json' | 'multipart', number>>;
  #held = 0;

  constructor({ rules }: HttpAccess) {
    const multipart = Math.max(0, ...rules.map((rule) => rule.multipart?.maxBytes ?? 0));
    this.#most = { form: MAX_FORM_BYTES, json: MAX_JSON_BYTES, multipart };
  }

  /** The body of a request, undefined for an empty one, or why it is refused. It counts until the response is closed. */
  async read(
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<{ body: HttpBody | undefined } | string> {
    const type = request.headers['content-type'] ?? '';
    const kind = KINDS.find(({ content }) => content.test(type))?.kind;
    const most = this.#most[kind ?? 'form'];
    const chunks: Buffer[] = [];
    let size = 0;
    response.once('close', () => {
      this.#held -= size;
    });
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length;
      this.#held += chunk.length;
      if (kind === 'multipart' && most === 0) return 'a multipart body is not allowed here';
      if (size > most) return 'the body is too large';
      if (this.#held > MAX_HELD_BYTES + this.#most.multipart) return 'too much is sent at the same time';
      chunks.push(chunk);
    }
    return size === 0 ? { body: undefined } : parsed(kind, Buffer.concat(chunks));
  }
}

function parsed(
  kind: (typeof KINDS)[number]['kind'] | undefined,
  bytes: Buffer,
): { body: HttpBody } | string {
  switch (kind) {
    case 'form':
      return { body: { form: new URLSearchParams(bytes.toString('utf8')) } };
    case 'json': {
      const read = readStrictJson(bytes);
      return typeof read === 'string' ? read : { body: { json: read.value } };
    }
    case 'multipart':
      return { body: { multipart: bytes } };
    case undefined:
      return 'the body is neither a form nor JSON';
  }
}

/** Form and JSON are encoded anew: what was checked is what is sent. */
export function encoded(body: HttpBody | undefined): string | Buffer | undefined {
  if (body === undefined) return undefined;
  if ('form' in body) return body.form.toString();
  return 'json' in body ? JSON.stringify(body.json) : body.multipart;
}
