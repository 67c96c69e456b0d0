import { isDeepStrictEqual } from 'node:util';
import type { Listed } from './list-tools.ts';

type Tool = Readonly<Record<string, unknown>>;

/** How a list of tools in the sandbox differs from the plain one: names, descriptions, schemas and all else of a tool. */
export function difference(plain: Listed, sandboxed: Listed): string | undefined {
  if (!plain.ok || !sandboxed.ok) return plain.ok === sandboxed.ok ? undefined : 'does not start';
  const [before, after] = [byName(plain.tools), byName(sandboxed.tools)];
  const missing = [...before.keys()].filter((name) => !after.has(name));
  const added = [...after.keys()].filter((name) => !before.has(name));
  const changed = [...before].flatMap(([name, tool]) => {
    const other = after.get(name);
    return other === undefined ? [] : fieldsThatDiffer(tool, other).map((field) => `${name}: ${field}`);
  });
  const said = [
    ...(missing.length > 0 ? [`missing: ${missing.join(', ')}`] : []),
    ...(added.length > 0 ? [`added: ${added.join(', ')}`] : []),
    ...changed,
  ];
  return said.length === 0 ? undefined : said.join('; ');
}

const byName = (tools: readonly unknown[]) =>
  new Map((tools as Tool[]).map((tool) => [String(tool.name), tool]));

const fieldsThatDiffer = (one: Tool, other: Tool): string[] =>
  [...new Set([...Object.keys(one), ...Object.keys(other)])].filter(
    (field) => !isDeepStrictEqual(one[field], other[field]),
  );
