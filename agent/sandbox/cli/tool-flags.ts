import { readFileSync } from 'node:fs';
import { UsageError } from '../foundation/errors.ts';
import { inWords, mistakesIn, ToolLimits, WrongManifest } from '../manifest/index.ts';
import type { ChosenTools } from './options.ts';

export interface ToolFlags {
  /** `--tools` and `--no-tools` are one option to commander. */
  readonly tools?: ChosenTools;
  readonly limits?: string;
  readonly allTools: boolean;
}

/** What the flags say of tools; undefined when they say nothing. Throws UsageError. */
export function toolLimits({ tools, limits, allTools }: ToolFlags): ToolLimits | undefined {
  const given = [tools !== undefined, limits !== undefined, allTools].filter(Boolean);
  if (given.length > 1)
    throw new UsageError(
      'more than one option chooses the tools',
      'give one of --tools, --no-tools, --limits, --all-tools',
    );
  if (allTools) return {};
  if (limits !== undefined) return readLimits(limits);
  if (tools === undefined) return undefined;
  return 'only' in tools
    ? { ...Object.fromEntries(tools.only.map((name) => [name, true])), '*': false }
    : Object.fromEntries(tools.without.map((name) => [name, false]));
}

function readLimits(path: string): ToolLimits {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new UsageError(
      `${path} cannot be read as JSON`,
      'write it like {"read_file": true, "*": false}',
      error,
    );
  }
  const read = ToolLimits.safeParse(json, { error: inWords });
  if (read.success) return read.data;
  throw new UsageError(
    new WrongManifest(path, mistakesIn(read.error)).message,
    'write it like {"send": {"arguments": {"to": {"const": "me"}}}, "*": false}',
  );
}
