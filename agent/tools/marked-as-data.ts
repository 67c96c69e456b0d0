import type { ToolResult } from './toolbox.ts';

/**
 * A tool's result as a model reads it: who said it, that it is data, and the data itself, as JSON where it is whole. A
 * result cannot close the envelope, for it is JSON inside JSON. It asks for good manners; what must hold is in the policy.
 */
export function markedAsData(source: string, { text, isError }: ToolResult): string {
  const head = `"untrusted_data_from":${JSON.stringify(source)}${isError ? ',"is_error":true' : ''}`;
  return `{${head},"data":${isJson(text) ? text : JSON.stringify(text)}}`;
}

function isJson(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object';
  } catch {
    return false;
  }
}
