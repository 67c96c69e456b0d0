import { canonicalJson } from '../foundation/canonical-json.ts';
import { jsonLine } from '../foundation/shown/json-line.ts';
import { joined, ours, quoted, type Shown, shown } from '../foundation/shown/shown.ts';
import type { MCPManifest } from '../manifest/manifest.ts';
import type { RuntimePermission } from '../manifest/permissions.ts';
import type { Grant } from './grants.ts';

export interface GrantChanges {
  /** Asked for, and not granted. */
  readonly more: readonly RuntimePermission[];
  /** Granted, and no longer asked for. */
  readonly less: readonly RuntimePermission[];
  /** One line for each change in what the manifest says to run. Empty for a server without a grant. */
  readonly run: readonly Shown[];
}

/** Compares a grant with the current manifest. The code or image itself is compared later. Pure. */
export function grantChanges(grant: Grant | undefined, manifest: MCPManifest): GrantChanges {
  const wanted = manifest.runtimePermissions;
  const granted = grant?.granted ?? [];
  return {
    more: wanted.filter((permission) => !granted.some((g) => covers(g, permission))),
    less: granted.filter((g) => !wanted.some((permission) => covers(g, permission))),
    run: grant === undefined ? [] : runChanges(grant, manifest),
  };
}

function runChanges({ launch }: Grant, manifest: MCPManifest): Shown[] {
  const now = manifest.launch;
  return [...new Set([...Object.keys(launch), ...Object.keys(now)])]
    .filter((field) => canonicalJson(launch[field] ?? null) !== canonicalJson(now[field] ?? null))
    .map((field) => ours`${shown(field)} was ${asWritten(launch[field])}, is ${asWritten(now[field])}`);
}

/** Words of a command in quotes, each as it is. */
function asWritten(value: unknown): Shown {
  if (value === undefined) return ours`none`;
  if (typeof value === 'string') return quoted(value);
  return Array.isArray(value) ? ours`[${joined(value.map(asWritten), ',')}]` : jsonLine(value);
}

/** Whether what was granted is at least what is asked for. */
function covers(granted: RuntimePermission, wanted: RuntimePermission): boolean {
  if (granted.type === 'fs' && wanted.type === 'fs') {
    const place = (p: typeof granted) => `${p.path}\0${p.containerPath ?? p.path}`;
    return (
      place(granted) === place(wanted) && (granted.read || !wanted.read) && (granted.write || !wanted.write)
    );
  }
  if (granted.type === 'domain' && wanted.type === 'domain') {
    const place = (p: typeof granted) => `${p.domain}:${p.port}`;
    return place(granted) === place(wanted) && httpCovers(granted.http, wanted.http);
  }
  return canonicalJson(unexplained(granted)) === canonicalJson(unexplained(wanted));
}

type Http = Extract<RuntimePermission, { type: 'domain' }>['http'];

/** Fewer rules ask for less. Another credential is a new permission. */
function httpCovers(granted: Http, wanted: Http): boolean {
  if (granted === undefined) return wanted === undefined || wanted.credential === undefined;
  if (wanted === undefined) return false;
  const rules = new Set(granted.rules.map(canonicalJson));
  return (
    canonicalJson(granted.credential ?? null) === canonicalJson(wanted.credential ?? null) &&
    canonicalJson(granted.answer ?? null) === canonicalJson(wanted.answer ?? null) &&
    wanted.rules.every((rule) => rules.has(canonicalJson(rule)))
  );
}

const unexplained = ({ purpose: _purpose, ...permission }: RuntimePermission) => permission;

/** For the question: what is new about a permission that was granted in another form. */
export function whatIsNew(grant: Grant | undefined, wanted: RuntimePermission): Shown | undefined {
  if (wanted.type !== 'domain' || grant === undefined) return undefined;
  const { domain, port } = wanted;
  const before = grant.granted.find((g) => g.type === 'domain' && g.domain === domain && g.port === port);
  return before === undefined
    ? undefined
    : ours`you granted it before, with other HTTP rules or another credential`;
}
