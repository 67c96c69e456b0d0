import { ConsentMissing } from '../errors.ts';
import type { AuditLog } from './audit.ts';
import { grantChanges, whatIsNew } from './grant-changes.ts';
import type { GrantStore } from './grants.ts';
import type { MCPManifest } from './manifest.ts';
import { assertNotOurs } from './mountable.ts';
import { describePermission, type RuntimePermission } from './permissions.ts';
import { type AnnouncedTool, toolChanges } from './tool-changes.ts';

export type ConsentAnswer = 'yes' | 'no' | 'all' | 'quit';

/**
 * Whoever can answer for the person. Must answer 'no' when in doubt: unreadable input, end of input, anything but a
 * clear yes.
 */
export interface ConsentUI {
  /** `note`: what the person should know about this one, in our words. */
  consent(server: string, wanted: RuntimePermission, note?: string): Promise<ConsentAnswer>;
  /** Whether a server that is not what it was may run as before. `lines` say what changed. */
  accept(server: string, what: string, lines: readonly string[]): Promise<boolean>;
  /** Says that a permission was granted without a question, or which were left out. */
  notice(line: string): void;
}

export interface ConsentOptions {
  /** Undefined where there is no terminal: then only what is granted already, or `grantAll`. */
  readonly ui: ConsentUI | undefined;
  /** `--yes`, or a demo in which only stand-ins could be harmed: grants all, and says each. */
  readonly grantAll: { readonly because: string; readonly notice: (line: string) => void } | undefined;
  readonly store: GrantStore;
  /** The command that would grant, for a run without a terminal. */
  readonly howToGrant: string;
}

export interface Consented {
  readonly granted: readonly RuntimePermission[];
  readonly refused: readonly RuntimePermission[];
}

/**
 * What the person lets a server have, permission by permission. What was granted before holds, as long as the server is
 * what it was: `code` is the digest of what would run. Only what is more is asked for; refusals are asked again next
 * time. Throws ConsentMissing on "quit", when a changed server is not accepted, and where nobody can be asked.
 */
export async function obtainConsent(
  manifest: MCPManifest,
  code: string,
  options: ConsentOptions,
): Promise<Consented> {
  const { ui, grantAll, store } = options;
  const wanted = manifest.runtimePermissions;
  for (const permission of wanted)
    if (permission.type === 'fs') assertNotOurs(manifest.name, permission.path, store.stateDir);
  if (grantAll) {
    for (const permission of wanted) {
      grantAll.notice(`${manifest.name}: ${describePermission(permission)} → yes (${grantAll.because})`);
    }
    return { granted: wanted, refused: [] };
  }
  const grant = store.find(manifest);
  const { more, less, run } = grantChanges(grant, manifest, code);
  if (ui === undefined && more.length > 0) {
    const lines = more.map((permission) => `  ${describePermission(permission)}`);
    throw new ConsentMissing(
      `${manifest.name} asks for permissions that nobody has granted:\n${lines.join('\n')}`,
      options.howToGrant,
    );
  }
  if (run.length > 0) await accept(manifest, 'what it runs has changed since you granted it', run, options);
  const refused = new Set<RuntimePermission>();
  let all = false;
  for (const permission of more) {
    const answer =
      all || ui === undefined
        ? 'yes'
        : await ui.consent(manifest.name, permission, whatIsNew(grant, permission));
    if (answer === 'quit') {
      throw new ConsentMissing(
        'you left before the permissions were settled',
        'nothing was started; run it again',
      );
    }
    if (answer === 'all') all = true;
    if (answer === 'no') refused.add(permission);
  }
  const granted = wanted.filter((permission) => !refused.has(permission));
  if (grant === undefined ? ui !== undefined : more.length + less.length + run.length > 0)
    store.remember(manifest, code, granted);
  for (const permission of refused) ui?.notice(`left out: ${lost(permission)}`);
  return { granted, refused: [...refused] };
}

/**
 * Compares the tools that a server announces with those it announced when it was granted. The first time they are
 * remembered; later what is new or changed has to be accepted. Throws ConsentMissing when it is not.
 */
export async function obtainToolConsent(
  manifest: MCPManifest,
  tools: Readonly<Record<string, AnnouncedTool>>,
  options: ConsentOptions,
): Promise<void> {
  if (options.grantAll) return;
  const known = options.store.find(manifest)?.tools;
  const changes = known === undefined ? [] : toolChanges(known, tools);
  if (changes.length > 0) {
    await accept(manifest, 'its tools are not those that it announced when you granted it', changes, options);
  } else if (known !== undefined) return;
  options.store.rememberTools(manifest, { ...known, ...tools });
}

async function accept(
  { name }: MCPManifest,
  what: string,
  lines: readonly string[],
  { ui, howToGrant }: ConsentOptions,
): Promise<void> {
  if (ui === undefined)
    throw new ConsentMissing(`${name}: ${what}:\n${lines.map((line) => `  ${line}`).join('\n')}`, howToGrant);
  if (await ui.accept(name, what, lines)) return;
  throw new ConsentMissing(
    `${name} is not run: you did not accept that ${what}`,
    'run it again to be asked again',
  );
}

/** What will not work without it: in the manifest's words where it has some. */
function lost(permission: RuntimePermission): string {
  const what = describePermission(permission).replace('Allow access to ', '');
  return permission.purpose === undefined ? what : `${what}; will not work: ${permission.purpose}`;
}

export function recordConsent(audit: AuditLog, manifest: MCPManifest, { granted, refused }: Consented): void {
  const server = manifest.name;
  for (const permission of granted) {
    audit.append({
      event: 'consent',
      server,
      permission: describePermission(permission),
      verdict: 'granted',
    });
  }
  for (const permission of refused) {
    audit.append({
      event: 'consent',
      server,
      permission: describePermission(permission),
      verdict: 'refused',
    });
  }
}
