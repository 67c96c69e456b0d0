import { jsonLine } from '@spendwise/sandbox/json-line';

/** Limits of a record. The results of read tools are the longest, and their start says enough. */
const MAX_TEXT = 8_000;
/** Longer ones are recognized by their beginning. */
const MAX_SECRET = 1_000;
const MAX_ITEMS = 100;
const MAX_DEPTH = 12;
export const MAX_LINE_BYTES = 64 * 1024;

/** Encodes one JSON line with its line feed. Every text is redacted, then cut. */
export function encodeLine(
  event: { readonly type: string; readonly time: string },
  redact: (text: string) => string,
): Buffer {
  const safe = bounded(event, redact, 0);
  // Many texts can still be too long together: then they are shortened, then left out.
  for (const candidate of [safe, bounded(safe, (text) => cut(text, 200), 0, 10)]) {
    const line = Buffer.from(`${jsonLine(candidate)}\n`);
    if (line.length <= MAX_LINE_BYTES) return line;
  }
  const note = { type: 'note', time: event.time, text: `an event was too large to be kept: ${event.type}` };
  return Buffer.from(`${JSON.stringify(note)}\n`);
}

function bounded(
  value: unknown,
  redact: (text: string) => string,
  depth: number,
  items = MAX_ITEMS,
): unknown {
  if (typeof value === 'string') return redactedAndCut(value, redact);
  // A phone number that is a number.
  if (typeof value === 'number')
    return redact(String(value)) === String(value) ? value : redact(String(value));
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) return '…';
  const inside = (part: unknown) => bounded(part, redact, depth + 1, items);
  if (Array.isArray(value)) return value.slice(0, items).map(inside);
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, items)
      .map(([name, field]) => [cut(redact(name), 200), inside(field)]),
  );
}

/** Looks at twice the limit. At the end of that, half a secret may stand, which nobody recognizes. */
function redactedAndCut(text: string, redact: (text: string) => string): string {
  if (text.length <= 2 * MAX_TEXT) return cut(redact(text), MAX_TEXT, text.length);
  const safe = redact(text.slice(0, 2 * MAX_TEXT)).slice(0, -MAX_SECRET);
  return `${safe.slice(0, MAX_TEXT)}${cutNote(text.length)}`;
}

const cut = (text: string, most: number, length = text.length): string =>
  text.length <= most ? text : `${text.slice(0, most)}${cutNote(length)}`;

const cutNote = (length: number): string => `… [cut, ${length} characters]`;
