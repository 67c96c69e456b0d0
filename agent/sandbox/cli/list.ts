import { realpathSync } from 'node:fs';
import { type Grant, GrantStore } from '../consent/index.ts';
import { stateDir } from '../foundation/environment.ts';
import { Failed, UsageError } from '../foundation/errors.ts';
import { jsonLine } from '../foundation/shown/json-line.ts';
import { ours, shown } from '../foundation/shown/shown.ts';
import { namePermission } from '../manifest/index.ts';
import { out } from '../terminal/screen.ts';
import type { HostProgram } from './host-program.ts';

export function sandboxList({ json }: { json: boolean }, program: HostProgram): void {
  const grants = new GrantStore(stateDir(program.environment())).all();
  const rows = grants.map(({ key, name, at, granted, tools, limits }) => ({
    server: name,
    manifest: key,
    at,
    granted: granted.map(namePermission),
    tools: Object.keys(tools ?? {}),
    ...(limits && { limits }),
  }));
  if (json) return void out.line(jsonLine({ grants: rows }));
  const lines = rows.flatMap(({ server, manifest, at, granted, tools, limits }) => [
    ours`${shown(server)}  (${shown(at.slice(0, 10))}, ${shown(manifest)})`,
    ...granted.map((permission) => ours`  ${permission}`),
    ...(granted.length === 0 ? [ours`  no permission`] : []),
    ours`  tools: ${shown(tools.join(', ') || 'not seen yet', 2_000)}`,
    ...(limits ? [ours`  tool limits: ${shown(JSON.stringify(limits), 2_000)}`] : []),
  ]);
  out.line(...(lines.length > 0 ? lines : [ours`nothing has been granted yet`]));
}

/** `spendwise sandbox revoke`: the next run asks again. A running server is not stopped. */
export function sandboxRevoke(
  server: string | undefined,
  { all }: { all: boolean },
  program: HostProgram,
): void {
  if ((server === undefined) === !all)
    throw new UsageError('no server was named', `${program.command} revoke MANIFEST, or its name, or --all`);
  const store = new GrantStore(stateDir(program.environment()));
  const chosen = store.all().filter((grant) => all || isMeant(grant, server ?? ''));
  if (chosen.length === 0 && !all)
    throw new Failed(`nothing was granted to ${server}`, `${program.command} list shows all grants`);
  for (const grant of chosen) store.revoke(grant);
  out.line(ours`revoked: ${shown(chosen.map(({ name }) => name).join(', ') || 'nothing', 2_000)}`);
}

function isMeant({ key, name }: Grant, server: string): boolean {
  if (name === server) return true;
  try {
    return key === realpathSync(server);
  } catch {
    return false;
  }
}
