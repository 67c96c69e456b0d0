import { realpathSync } from 'node:fs';
import { loadEnvironment, stateDir } from '../environment.ts';
import { Failed, UsageError } from '../errors.ts';
import { plainText } from '../plain-text.ts';
import { type Grant, GrantStore } from '../sandbox/grants.ts';
import { describePermission } from '../sandbox/permissions.ts';

/** `spendwise sandbox list`: what each server may do without being asked about again. */
export function sandboxList({ json }: { json: boolean }): void {
  const grants = new GrantStore(stateDir(loadEnvironment())).all();
  const rows = grants.map(({ key, name, at, granted, tools }) => ({
    server: name,
    manifest: key,
    at,
    granted: granted.map((permission) => describePermission(permission).replace('Allow access to ', '')),
    tools: Object.keys(tools ?? {}),
  }));
  if (json) return void process.stdout.write(`${JSON.stringify({ grants: rows })}\n`);
  const lines = rows.flatMap(({ server, manifest, at, granted, tools }) => [
    `${server}  (${at.slice(0, 10)}, ${manifest})`,
    ...granted.map((permission) => `  ${permission}`),
    ...(granted.length === 0 ? ['  no permission'] : []),
    `  tools: ${tools.join(', ') || 'not seen yet'}`,
  ]);
  process.stdout.write(`${plainText(lines.join('\n') || 'nothing was granted yet')}\n`);
}

/** `spendwise sandbox revoke`: the next run asks for everything again. What runs now is not stopped. */
export function sandboxRevoke(server: string | undefined, { all }: { all: boolean }): void {
  if ((server === undefined) === !all)
    throw new UsageError('say which server', 'spendwise sandbox revoke MANIFEST, or its name, or --all');
  const store = new GrantStore(stateDir(loadEnvironment()));
  const chosen = store.all().filter((grant) => all || isMeant(grant, server ?? ''));
  if (chosen.length === 0 && !all)
    throw new Failed(`nothing was granted to ${server}`, 'spendwise sandbox list shows what was');
  for (const grant of chosen) store.revoke(grant);
  process.stdout.write(`revoked: ${plainText(chosen.map(({ name }) => name).join(', ')) || 'nothing'}\n`);
}

function isMeant({ key, name }: Grant, server: string): boolean {
  if (name === server) return true;
  try {
    return key === realpathSync(server);
  } catch {
    return false;
  }
}
