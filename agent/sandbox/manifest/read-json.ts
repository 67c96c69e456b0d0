import { readFileSync, statSync } from 'node:fs';
import { NotConfigured } from '../foundation/errors.ts';
import { quoted } from '../foundation/shown/shown.ts';

/** Far more than a person reads. */
const MAX_BYTES = 1024 * 1024;

/** A manifest file as JSON. Throws NotConfigured, with line and column where it is not JSON. */
export function readManifestFile(path: string): unknown {
  let text: string;
  try {
    if (statSync(path).size > MAX_BYTES)
      throw new NotConfigured(`manifest ${path} is over 1 MB`, 'give the path of a manifest file');
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof NotConfigured) throw error;
    throw new NotConfigured(`manifest ${path} cannot be read`, 'give the path of a manifest file', error);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new NotConfigured(
      `manifest ${path} is not JSON: ${whereAndWhat(text, String((error as Error).message))}`,
      'JSON has names and texts in double quotes, no comments, and no comma before a closing bracket',
    );
  }
}

/** Without the piece of the text that the engine's own message repeats: it may hold a secret. */
function whereAndWhat(text: string, said: string): string {
  const [what = said] = said.split(/, (?:\.\.\.)?"| in JSON at position /);
  const at = Number(/ at position (\d+)/.exec(said)?.[1] ?? firstUnexpected(text));
  const before = text.slice(0, at).split('\n');
  const place = `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
  const unexpected = what.startsWith('Unexpected token')
    ? `${quoted(String.fromCodePoint(text.codePointAt(at) ?? 0))} is not expected here`
    : what.startsWith('Unexpected end')
      ? 'it ends too early'
      : `${what.slice(0, 1).toLowerCase()}${what.slice(1)}`;
  return `${place}: ${unexpected}`;
}

/** Where an "Unexpected token" stands, which the engine does not say: the shortest beginning of the text that has one. */
function firstUnexpected(text: string): number {
  let [low, high] = [0, text.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (hasUnexpected(text.slice(0, middle + 1))) high = middle;
    else low = middle + 1;
  }
  return low;
}

function hasUnexpected(text: string): boolean {
  try {
    JSON.parse(text);
    return false;
  } catch (error) {
    return /^Unexpected (token|non)/.test(String((error as Error).message));
  }
}
