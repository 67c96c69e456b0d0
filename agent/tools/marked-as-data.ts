import { asTables } from './tables.ts';
import type { ToolResult } from './toolbox.ts';

// #region envelope
/**
 * A tool's result for the model: its source, a mark that it is data, and the data, as JSON if it is complete. The
 * result is JSON inside JSON, so it cannot close the envelope. This only helps a model; the policy enforces.
 */
export function markedAsData(source: string, { text, structured, isError }: ToolResult): string {
  const head = `"untrusted_data_from":${JSON.stringify(source)}${isError ? ',"is_error":true' : ''}`;
  return `{${head},"data":${dataOf(text, structured !== undefined)}}`;
}
// #endregion

/**
 * Plain text stays text. JSON that the server wrote itself is passed on unchanged, because parsing could change long
 * numbers.
 */
function dataOf(text: string, structured: boolean): string {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object') return structured ? JSON.stringify(asTables(value)) : text;
  } catch {
    // Cut off, not JSON, or nested too deeply.
  }
  return JSON.stringify(text);
}
