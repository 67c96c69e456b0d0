import type { AuditLog } from '../audit/audit-log.ts';
import { ConsentMissing } from '../foundation/errors.ts';
import { plainly } from '../foundation/plainly.ts';
import { ours, quoted, type Shown, shown } from '../foundation/shown/shown.ts';
import type { MCPManifest } from '../manifest/manifest.ts';
import { assertAllThere, assertNothingOurs } from '../manifest/named-paths.ts';
import {
  describePermission,
  explainPermission,
  namePermission,
  type RuntimePermission,
} from '../manifest/permissions.ts';
import { codeChanges } from '../program/code-parts.ts';
import { type Announcement, announcementChanges, toolChanges } from '../protocol/tool-changes.ts';
import { grantChanges, whatIsNew } from './grant-changes.ts';
import type { Grant, GrantStore } from './grants.ts';

/** `all`: yes to this and every further permission of this server. `quit`: nothing is started. */
export type ConsentAnswer = 'yes' | 'no' | 'all' | 'quit';

/**
 * Answers for the user. Must answer 'no' when in doubt: unreadable input, end of input, anything but a
 * clear yes.
 */
export interface ConsentUI {
  /** `note`: what the user should know about this permission, in our words. */
  consent(server: string, wanted: RuntimePermission, note?: Shown): Promise<ConsentAnswer>;
  /**
   * Asks whether a changed server may run with its old grant; with a `question`, asks that instead. `lines` say what
   * changed.
   */
  accept(server: string, what: Shown, lines: readonly Shown[], question?: Shown): Promise<boolean>;
  /** Reports a permission that was granted without a question, or one that was refused. */
  notice(line: Shown): void;
}

/** Who answers, and where the answers are kept. */
export interface ConsentOptions {
  /** Undefined without a terminal: then only existing grants, or `grantAll`, count. */
  readonly ui: ConsentUI | undefined;
  /** Set by `--yes`, and in a demo that uses only stand-ins: grants every permission and prints each one. */
  readonly grantAll?: { readonly because: string; readonly notice: (line: Shown) => void } | undefined;
  readonly store: GrantStore;
  /** The command that grants, shown when there is no terminal. */
  readonly howToGrant?: string;
}

const ASK = 'run it once in a terminal, and answer the questions';

/** The permissions that a server asked for, by answer. */
export interface Consented {
  readonly granted: readonly RuntimePermission[];
  readonly refused: readonly RuntimePermission[];
  /** How each was answered, for the record. */
  readonly reasons?: ReadonlyMap<RuntimePermission, string>;
}

/** What a server's program is, apart from how it is made ready. */
interface Source<P extends { readonly digest: string }> {
  /** Describes what must be downloaded; undefined when nothing must be. */
  readonly fetched: string | undefined;
  /** Called after the questions before it were answered. */
  readonly prepare: () => Promise<P>;
}

/**
 * What the person lets a server have, permission by permission, and the program made ready in between: first all that
 * the manifest alone can answer for, then the program is fetched and read, and its digest is compared with the grant's.
 * What was granted before holds, as long as the server is what it was. Only what is more is asked for; refusals are asked
 * again next time. Throws ConsentMissing on "quit", when a changed server is not accepted, and where nobody can be asked.
 */
export async function obtainConsent<P extends { readonly digest: string }>(
  manifest: MCPManifest,
  { fetched, prepare }: Source<P>,
  options: ConsentOptions,
): Promise<Consented & { readonly prepared: P }> {
  const { grantAll, store } = options;
  assertNothingOurs(manifest, store.stateDir);
  assertAllThere(manifest);
  const wanted = manifest.runtimePermissions;
  if (grantAll) {
    for (const what of [...(fetched ? [fetching(fetched)] : []), ...wanted.map(describePermission)])
      grantAll.notice(saysYes(manifest, what, grantAll.because));
    const reasons = new Map(wanted.map((permission) => [permission, grantAll.because]));
    return { granted: wanted, refused: [], reasons, prepared: await prepare() };
  }
  const grant = store.find(manifest);
  const { more, less, run } = grantChanges(grant, manifest);
  if (grant === undefined || run.length > 0) await settleProgram(manifest, run, fetched, more, options);
  const { refused, reasons: asked } = await askForMore(manifest, grant, more, options);
  const prepared = await prepare();
  const code = grant === undefined ? [] : codeChanges(store.stateDir, grant.code, prepared.digest);
  if (code.length > 0) await accept(manifest, CHANGED, code, options);
  const granted = wanted.filter((permission) => !refused.has(permission));
  const differs = more.length + less.length + run.length + code.length > 0;
  if (grant === undefined ? options.ui !== undefined : differs)
    store.remember(manifest, prepared.digest, granted);
  for (const permission of refused) options.ui?.notice(ours`left out: ${lost(permission)}`);
  const reasons = new Map(wanted.map((each) => [each, asked.get(each) ?? 'granted before']));
  return { granted, refused: [...refused], reasons, prepared };
}

const CHANGED = ours`what it runs has changed since you granted it`;
const ALL = 'all for this server';
const fetching = (fetched: string): Shown =>
  ours`fetch ${shown(fetched)}; none of it runs outside the sandbox`;

/** A program that nobody agreed to yet, or another than was agreed to. */
async function settleProgram(
  manifest: MCPManifest,
  run: readonly Shown[],
  fetched: string | undefined,
  more: readonly RuntimePermission[],
  options: ConsentOptions,
): Promise<void> {
  const lines = fetched === undefined ? [] : [fetching(fetched)];
  if (run.length > 0) return accept(manifest, CHANGED, [...run, ...lines], options);
  if (options.ui === undefined) return refuseUnasked(manifest, more, lines, options);
  if (fetched === undefined) return;
  if (await options.ui.accept(manifest.name, ours`is not on this machine yet`, lines, ours`Fetch it?`))
    return;
  throw new ConsentMissing(
    `${manifest.name} was not fetched: you did not agree to it`,
    'run it again to be asked again',
  );
}

/** Where nobody can be asked. To run it at all takes somebody's consent, also when it asks for nothing more. */
function refuseUnasked(
  { name }: MCPManifest,
  more: readonly RuntimePermission[],
  fetches: readonly string[],
  { howToGrant = ASK }: ConsentOptions,
): never {
  const lines = [...fetches, ...more.map(describePermission)].map((line) => `  ${line}`);
  const what =
    lines.length === 0
      ? 'was not started: nobody agreed to run it'
      : `asks for permissions that were not granted:\n${lines.join('\n')}`;
  throw new ConsentMissing(`${name} ${what}`, howToGrant);
}

async function askForMore(
  manifest: MCPManifest,
  grant: Grant | undefined,
  more: readonly RuntimePermission[],
  options: ConsentOptions,
): Promise<{ refused: Set<RuntimePermission>; reasons: Map<RuntimePermission, string> }> {
  const refused = new Set<RuntimePermission>();
  const reasons = new Map<RuntimePermission, string>();
  const { ui } = options;
  if (ui === undefined) {
    if (more.length > 0) refuseUnasked(manifest, more, [], options);
    return { refused, reasons };
  }
  let all = false;
  for (const permission of more) {
    if (all) {
      // Show every permission that is granted.
      ui.notice(saysYes(manifest, describePermission(permission), ALL));
      reasons.set(permission, ALL);
      for (const line of explainPermission(permission)) ui.notice(ours`  ${line}`);
      continue;
    }
    const answer = await ui.consent(manifest.name, permission, whatIsNew(grant, permission));
    all = answer === 'all';
    if (answer === 'quit') {
      throw new ConsentMissing(
        'you quit before all permissions were answered',
        'nothing was started; run it again',
      );
    }
    if (answer === 'no') refused.add(permission);
    reasons.set(permission, 'asked now');
  }
  return { refused, reasons };
}

/**
 * For all that a server announces in one session: what was accepted in it holds against what comes later, whatever became
 * of the grant in between.
 */
export function sessionToolConsent(
  manifest: MCPManifest,
  options: ConsentOptions,
): (now: Announcement) => Promise<void> {
  let accepted: Announcement | undefined;
  return async (now) => {
    await obtainToolConsent(manifest, now, options, accepted);
    accepted = { ...now, tools: { ...accepted?.tools, ...now.tools } };
  };
}

/**
 * Compares what a server announces, of its tools and of itself, with what it announced when it was granted, and with what
 * was `accepted` since. The first time it is remembered; later what is new or changed has to be accepted. Throws
 * ConsentMissing when it is not, and when there is no grant to compare with.
 */
export async function obtainToolConsent(
  manifest: MCPManifest,
  now: Announcement,
  options: ConsentOptions,
  accepted?: Announcement,
): Promise<void> {
  if (options.grantAll) return;
  const grant = options.store.find(manifest);
  if (grant === undefined)
    throw new ConsentMissing(
      `${manifest.name} was stopped: nobody agreed to run it, or its grant was revoked`,
      options.howToGrant ?? ASK,
    );
  const known = accepted ? { ...accepted, tools: { ...grant.tools, ...accepted.tools } } : grant;
  const changes = known.tools === undefined ? [] : announcementChanges(known, now);
  if (changes.length > 0) {
    const what =
      toolChanges(known.tools ?? {}, now.tools).length > 0
        ? ours`tools`
        : ours`instructions, names or capabilities`;
    await accept(manifest, ours`its ${what} have changed since you granted it`, changes, options);
  } else if (grant.tools !== undefined && grant.server?.capabilities !== undefined) return;
  options.store.rememberAnnouncement(manifest, now);
}

async function accept(
  { name }: MCPManifest,
  what: Shown,
  lines: readonly Shown[],
  { ui, howToGrant = ASK }: ConsentOptions,
): Promise<void> {
  if (ui === undefined)
    throw new ConsentMissing(`${name}: ${what}:\n${lines.map((line) => `  ${line}`).join('\n')}`, howToGrant);
  if (await ui.accept(name, what, lines)) return;
  throw new ConsentMissing(
    `${name} was not allowed to run: you did not accept that ${what}`,
    'run it again to be asked again',
  );
}

/** What will not work without the permission, in the manifest's words if it has any. */
function lost(permission: RuntimePermission): Shown {
  const what = namePermission(permission);
  const { purpose } = permission;
  return purpose === undefined ? what : ours`${what}; will not work: ${quoted(shown(purpose))}`;
}

const saysYes = ({ name }: MCPManifest, what: Shown, because: string): Shown =>
  ours`${shown(name)}: ${what}${plainly() ? ours`,` : ours` →`} yes (${shown(because)})`;

export function recordConsent(
  audit: AuditLog,
  { name: server }: MCPManifest,
  { granted, refused, reasons }: Consented,
): void {
  const answers = [
    ...granted.map((permission) => ({ permission, verdict: 'granted' as const })),
    ...refused.map((permission) => ({ permission, verdict: 'refused' as const })),
  ];
  for (const { permission, verdict } of answers) {
    const reason = reasons?.get(permission);
    audit.append({
      event: 'consent',
      server,
      permission: describePermission(permission),
      verdict,
      ...(reason === undefined ? {} : { reason }),
    });
  }
}
