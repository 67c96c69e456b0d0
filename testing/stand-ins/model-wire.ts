import { randomBytes } from 'node:crypto';
import { z } from 'zod';

/** The part of a request that the rules read. */
export const Request = z.object({
  model: z.string(),
  instructions: z.string().nullish(),
  stream: z.boolean().nullish(),
  input: z.union([
    z.string(),
    z.array(z.looseObject({ type: z.string().optional(), role: z.string().optional() })),
  ]),
  tools: z
    .array(z.looseObject({ type: z.string(), name: z.string(), parameters: z.looseObject({}).nullish() }))
    .nullish(),
});
export type Request = z.infer<typeof Request>;
export type Item = Record<string, unknown>;

export interface TokenCount {
  readonly input: number;
  readonly output: number;
}

/** An API of the stand-in's: how a request is read, and how the one item that answers it is said. */
export interface Wire {
  readonly name: string;
  /** Throws when it is not a request of this API. */
  read(body: unknown): Request;
  whole(request: Request, item: Item, tokens: TokenCount): object;
  /** The answer in pieces, as server-sent events. `body` is the request as it came. */
  frames(request: Request, item: Item, tokens: TokenCount, body: unknown): Iterable<string>;
}

export const newId = (prefix: string): string => `${prefix}_${randomBytes(12).toString('hex')}`;

/** The text in words, so that a client sees it stream. */
export const words = (text: string): string[] => (text.match(/\S*\s*/g) ?? []).filter((word) => word !== '');
