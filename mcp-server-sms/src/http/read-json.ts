import type { IncomingMessage } from 'node:http';

/** Ample for any call: a text has at most 1,600 characters. */
export const MAX_BODY_BYTES = 64 * 1024;

export type ReadJson =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly status: 400 | 413; readonly message: string };

export async function readJson(request: IncomingMessage): Promise<ReadJson> {
  const tooLarge = { ok: false, status: 413, message: `the body is over ${MAX_BODY_BYTES} bytes` } as const;
  if (Number(request.headers['content-length']) > MAX_BODY_BYTES) return tooLarge;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return tooLarge;
    chunks.push(chunk);
  }
  try {
    return { ok: true, value: JSON.parse(Buffer.concat(chunks).toString('utf8')) };
  } catch {
    return { ok: false, status: 400, message: 'the body is not JSON' };
  }
}
