import type { Tool } from '@modelcontextprotocol/sdk/types.js';
import { canonicalJson } from './canonical-json.ts';

/** What of a tool a model or a client goes by: a change of any of it may be a rug pull. */
const PARTS = ['title', 'description', 'inputSchema', 'outputSchema', 'annotations'] as const;
const SHOWN = 300;

/** Each part in canonical JSON; what a tool does not have is not there. */
export type AnnouncedTool = Partial<Record<(typeof PARTS)[number], string>>;

export const announced = (tools: readonly Tool[]): Record<string, AnnouncedTool> =>
  Object.fromEntries(
    tools.map((tool) => [
      tool.name,
      Object.fromEntries(
        PARTS.flatMap((part) => (tool[part] === undefined ? [] : [[part, canonicalJson(tool[part])]])),
      ),
    ]),
  );

/** What a server announces that it did not before, in lines; none for tools that are gone. Pure. */
export function toolChanges(
  known: Readonly<Record<string, AnnouncedTool>>,
  now: Readonly<Record<string, AnnouncedTool>>,
): string[] {
  return Object.entries(now).flatMap(([name, tool]) => {
    const before = Object.hasOwn(known, name) ? known[name] : undefined;
    if (before === undefined) return [`new tool ${name}: ${shown(tool.description)}`];
    return PARTS.filter((part) => before[part] !== tool[part]).map(
      (part) => `tool ${name}: ${part} was ${shown(before[part])}, is ${shown(tool[part])}`,
    );
  });
}

/** Long texts are shown from their end as well: that is where something is added. */
function shown(text: string | undefined): string {
  if (text === undefined) return 'none';
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN / 2)} … ${text.slice(-SHOWN / 2)}`;
}
