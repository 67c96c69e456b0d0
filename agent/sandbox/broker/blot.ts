import { Transform } from 'node:stream';
import { insideBase64 } from '../foundation/known-secrets.ts';

/** A shorter secret is not searched for alone: it would match ordinary text. */
const SHORTEST_SECRET = 6;
const FILLER = '*'.charCodeAt(0);
const ENTITIES = new Map(
  ['&amp', '<lt', '>gt', '"quot', "'apos"].map((e) => [e.charAt(0), `&${e.slice(1)};`]),
);

/** A state of the matcher: the next states by byte, and whether the whole secret was matched. */
class Place {
  readonly next = new Map<number, Place[]>();
  whole = false;
}

/**
 * Blots a credential out of what comes back from where it was sent: the header's value, the password, and both
 * together, as they are, in base64 (both alphabets, at any offset), in hex, in UTF-16, with any of their characters
 * escaped as URLs, JSON, HTML or MIME do, in letters of either case. As many stars take its place: lengths stay.
 */
export class Blotter {
  readonly #start = new Place();

  /** `username` for HTTP Basic: both are sent in one. */
  constructor(secret: string, username?: string) {
    if (secret === '') return;
    if (username !== undefined) {
      const pair = `${username}:${secret}`;
      const token = Buffer.from(pair).toString('base64');
      for (const text of [pair, token.replace(/=+$/, ''), Buffer.from(pair).toString('hex')]) this.#add(text);
    }
    if (secret.length < SHORTEST_SECRET) return;
    for (const text of [secret, Buffer.from(secret).toString('hex'), [...secret].join('\0')]) this.#add(text);
    for (const offset of [0, 1, 2]) this.#add(insideBase64(secret, offset));
  }

  /** For one body. Bytes that are still held back are sent at its end. */
  stream(): Transform {
    const reader = new Reader(this.#start);
    return new Transform({
      transform: (chunk: Buffer, _encoding, done) => done(null, reader.read(chunk)),
      flush: (done) => done(null, reader.rest()),
    });
  }

  /** For a whole text. Headers are latin1. */
  text(text: string, encoding: 'utf8' | 'latin1' = 'utf8'): string {
    const reader = new Reader(this.#start);
    const bytes = Buffer.from(text, encoding);
    return Buffer.concat([reader.read(bytes), reader.rest()]).toString(encoding);
  }

  #add(text: string): void {
    let from = this.#start;
    for (const character of text) {
      const to = new Place();
      for (const form of formsOf(character)) connect(from, Buffer.from(form), to);
      from = to;
    }
    from.whole = true;
  }
}

/** Matches a stream in one pass. Holds back only bytes that may be the start of a secret. */
class Reader {
  readonly #start: Place;
  /** Partial matches: their state, and their start in the held-back bytes. */
  #begun = new Map<Place, number>();
  #held: Buffer = Buffer.alloc(0);

  constructor(start: Place) {
    this.#start = start;
  }

  read(chunk: Buffer): Buffer {
    if (this.#start.next.size === 0) return chunk;
    const bytes = Buffer.concat([this.#held, chunk]);
    for (let at = this.#held.length; at < bytes.length; at += 1) {
      const byte = bytes[at] as number;
      if (this.#begun.size > 0 || this.#start.next.has(byte)) this.#step(bytes, at, byte);
    }
    let keep = bytes.length;
    for (const began of this.#begun.values()) keep = Math.min(keep, began);
    this.#begun = new Map([...this.#begun].map(([place, began]) => [place, began - keep]));
    this.#held = bytes.subarray(keep);
    return bytes.subarray(0, keep);
  }

  rest(): Buffer {
    return this.#held;
  }

  #step(bytes: Buffer, at: number, byte: number): void {
    const reached = new Map<Place, number>();
    for (const [place, began] of [...this.#begun, [this.#start, at] as const]) {
      for (const next of place.next.get(byte) ?? []) {
        if (next.whole) bytes.fill(FILLER, began, at + 1);
        else reached.set(next, Math.min(began, reached.get(next) ?? began));
      }
    }
    this.#begun = reached;
  }
}

/** All forms in which a response may write a character. */
function formsOf(character: string): string[] {
  const bytes = [...Buffer.from(character)].map((byte) => byte.toString(16).padStart(2, '0'));
  const point = character.codePointAt(0) ?? 0;
  const units = Array.from({ length: character.length }, (_, at) => character.charCodeAt(at));
  const forms = [
    character,
    ...['%', '=', '\\x'].map((mark) => bytes.map((byte) => mark + byte).join('')),
    units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join(''),
    `&#${point};`,
    `&#x${point.toString(16)};`,
  ];
  const entity = ENTITIES.get(character);
  if (entity !== undefined) forms.push(entity);
  if (/[^A-Za-z0-9]/.test(character)) forms.push(`\\${character}`);
  // The URL-safe base64 alphabet, and a space in a form.
  const other = { '+': '-', '/': '_', ' ': '+' }[character];
  if (other !== undefined) forms.push(other);
  return forms;
}

/** Adds a path for these bytes. Letters match in either case. */
function connect(from: Place, bytes: Buffer, to: Place): void {
  let at = from;
  for (const [index, byte] of bytes.entries()) {
    const next = index === bytes.length - 1 ? to : new Place();
    const letter = /[A-Za-z]/.test(String.fromCharCode(byte));
    for (const value of letter ? [byte | 0x20, byte & ~0x20] : [byte])
      at.next.set(value, [...(at.next.get(value) ?? []), next]);
    at = next;
  }
}
