import { ConsentMissing } from '../errors.ts';
import type { AuditLog } from './audit.ts';
import type { GrantStore } from './grants.ts';
import type { MCPManifest } from './manifest.ts';
import { describePermission, type RuntimePermission } from './permissions.ts';

export type ConsentAnswer = 'yes' | 'no' | 'all' | 'quit';

/**
 * Whoever can answer for the person. Must answer 'no' when in doubt: unreadable input, end of input, anything but a
 * clear yes.
 */
export interface ConsentUI {
  consent(server: string, wanted: RuntimePermission): Promise<ConsentAnswer>;
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
 * What the person lets a server have, permission by permission. Earlier grants of the same manifest hold; refusals
 * are asked again next time. Throws ConsentMissing on "quit", and where nobody can be asked.
 */
export async function obtainConsent(manifest: MCPManifest, options: ConsentOptions): Promise<Consented> {
  const { ui, grantAll, store } = options;
  const wanted = manifest.runtimePermissions;
  if (grantAll) {
    for (const permission of wanted) {
      grantAll.notice(`${manifest.name}: ${describePermission(permission)} → yes (${grantAll.because})`);
    }
    return { granted: wanted, refused: [] };
  }
  const remembered = store.grantedFor(manifest);
  const open = wanted.filter((permission) => !remembered.has(describePermission(permission)));
  if (open.length > 0 && ui === undefined) {
    throw new ConsentMissing(
      `${manifest.name} asks for permissions that nobody has granted:\n${open.map((p) => `  ${describePermission(p)}`).join('\n')}`,
      options.howToGrant,
    );
  }
  const refused = new Set<RuntimePermission>();
  let all = false;
  for (const permission of open) {
    const answer = all || ui === undefined ? 'yes' : await ui.consent(manifest.name, permission);
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
  if (open.length > 0) store.remember(manifest, granted);
  for (const permission of refused) ui?.notice(`left out: ${lost(permission)}`);
  return { granted, refused: [...refused] };
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
