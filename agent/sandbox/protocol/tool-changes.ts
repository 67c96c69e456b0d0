import { canonicalJson } from '../foundation/canonical-json.ts';
import { Failed } from '../foundation/errors.ts';
import { changedPart } from '../foundation/shown/changed-part.ts';
import { ours, quoted, type Shown, shown } from '../foundation/shown/shown.ts';

export const MAX_TOOLS = 1_000;
const MAX_TOOL_CHARS = 256 * 1024;
const SHOWN = 2_000;
/** Not compared with the grant, so it must not be words. */
const VERSION = /^[\w.-]{1,40}$/;

/** Each part in canonical JSON; what is not announced is not there. */
export type AnnouncedParts = Readonly<Record<string, string>>;
export type AnnouncedTool = AnnouncedParts;

/** All that a server says of itself: any of it may reach a model, so a change of any of it may be a rug pull. */
export interface Announcement {
  /** From the answer to `initialize`. */
  readonly server: AnnouncedParts;
  readonly tools: Readonly<Record<string, AnnouncedTool>>;
}

/** Tools by name, with every key that they have. Throws Failed for a list that cannot be told tool by tool. */
export function announced(tools: readonly unknown[]): Record<string, AnnouncedTool> {
  if (tools.length > MAX_TOOLS) throw refused(`it lists more than ${MAX_TOOLS} tools`);
  const named = new Map<string, AnnouncedTool>();
  for (const tool of tools) {
    if (!isNamed(tool)) throw refused('it lists a tool without a name');
    const { name, ...rest } = tool;
    const shortName = JSON.stringify(name.slice(0, 64));
    if (named.has(name)) throw refused(`it lists the tool ${shortName} twice`);
    const parts = partsOf(rest);
    const chars = Object.values(parts).reduce((sum, part) => sum + part.length, name.length);
    if (chars > MAX_TOOL_CHARS)
      throw refused(`its tool ${shortName} takes more than ${MAX_TOOL_CHARS} characters`);
    named.set(name, parts);
  }
  return Object.fromEntries(named);
}

/**
 * What a server says of itself, with `instructions` and whatever else; not the protocol's version, which depends on who
 * asks. Capabilities are always there: each, such as prompts, is a way to reach the model.
 */
export function introduction(hello: Readonly<Record<string, unknown>>): AnnouncedParts {
  const { protocolVersion, capabilities = {}, ...rest } = hello;
  if (protocolVersion !== undefined && !VERSION.test(String(protocolVersion)))
    throw refused('its protocol version is not a version');
  const parts = partsOf({ ...rest, capabilities });
  if (Object.values(parts).reduce((sum, part) => sum + part.length, 0) > MAX_TOOL_CHARS)
    throw refused(`its introduction takes more than ${MAX_TOOL_CHARS} characters`);
  return parts;
}

/**
 * What a server announces that it did not before, in lines; none for tools that are gone. A grant of earlier versions
 * knows no introduction: one of no more than a name and a version is as good as known. One without capabilities does
 * not compare them. Since 2026-07-28 a server need not say its name. Pure.
 */
export function announcementChanges(known: Partial<Announcement>, now: Announcement): Shown[] {
  const { serverInfo, capabilities } = now.server;
  const before = known.server ?? (serverInfo === undefined ? {} : { serverInfo: plainInfo(serverInfo) });
  const server = capabilities === undefined ? before : { capabilities, ...before };
  const { serverInfo: _name, ...unnamed } = server;
  return [
    ...toolChanges(known.tools ?? {}, now.tools),
    ...partChanges(ours`the server`, serverInfo === undefined ? unnamed : server, now.server),
  ];
}

/** The same, of tools alone. */
export function toolChanges(
  known: Readonly<Record<string, AnnouncedTool>>,
  now: Readonly<Record<string, AnnouncedTool>>,
): Shown[] {
  // #region changed-tools
  return Object.entries(now).flatMap(([name, tool]) => {
    const before = own(known, name);
    if (before === undefined) return [ours`new tool ${quoted(name, 200)}: ${described(tool.description)}`];
    return partChanges(ours`tool ${quoted(name, 200)}`, before, tool);
  });
  // #endregion
}

function partChanges(what: Shown, before: AnnouncedParts, now: AnnouncedParts): Shown[] {
  const parts = [...new Set([...Object.keys(before), ...Object.keys(now)])];
  return parts
    .filter((part) => own(before, part) !== own(now, part))
    .map((part) => ours`${what}: ${shown(part)} ${change(own(before, part), own(now, part))}`);
}

/** Not what every object inherits: a server may call a part "constructor". */
const own = <T>(parts: Readonly<Record<string, T>>, part: string): T | undefined =>
  Object.hasOwn(parts, part) ? parts[part] : undefined;

const partsOf = (value: object): AnnouncedParts =>
  Object.fromEntries(Object.entries(value).map(([key, part]) => [key, canonicalJson(part)]));

function plainInfo(info: string): string {
  const { name, version } = (JSON.parse(info) ?? {}) as { name?: unknown; version?: unknown };
  return canonicalJson({ name, version });
}

const isNamed = (tool: unknown): tool is { name: string } =>
  typeof tool === 'object' && tool !== null && 'name' in tool && typeof tool.name === 'string';

const refused = (what: string) => new Failed(what, 'the server is broken or hostile');

/** Where a part differs, with hidden characters spelled out. */
function change(before: string | undefined, now: string | undefined): Shown {
  if (before === undefined || now === undefined) return ours`was ${described(before)}, is ${described(now)}`;
  const { before: was, after: is } = changedPart(words(before), words(now));
  return ours`was ${was}, is ${is}`;
}

const described = (part: string | undefined): Shown =>
  part === undefined ? ours`none` : quoted(words(part), SHOWN);

/** A text without the quotes of its JSON; of anything else, the JSON. */
const words = (part: string): string => (part.startsWith('"') ? String(JSON.parse(part)) : part);
