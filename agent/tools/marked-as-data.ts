import { asTables } from './tables.ts';
import type { ToolResult } from './toolbox.ts';

/**
 * A tool's result as a model reads it: who said it, that it is data, and the data itself, as JSON where it is whole. A
 * result cannot close the envelope, for it is JSON inside JSON. It asks for good manners; what must hold is in the policy.
 */
export function markedAsData(source: string, { text, structured, isError }: ToolResult): string {
  const head = `"untrusted_data_from":${JSON.stringify(source)}${isError ? ',"is_error":true' : ''}`;
  return `{${head},"data":${dataOf(text, structured !== undefined)}}`;
}

/** Words stay words. JSON that a server wrote itself stays as it wrote it: its numbers may be longer than ours. */
function dataOf(text: string, structured: boolean): string {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object') return structured ? JSON.stringify(asTables(value)) : text;
  } catch {
    // Cut off, no JSON at all, or nested deeper than can be followed.
  }
  return JSON.stringify(text);
}
