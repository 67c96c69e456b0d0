import type { ConsentOptions } from '../consent/index.ts';
import { GrantStore } from '../consent/index.ts';
import { stateDir } from '../foundation/environment.ts';
import { ConsentMissing, Failed } from '../foundation/errors.ts';
import { counted, ours, shown } from '../foundation/shown/shown.ts';
import { loadManifest } from '../manifest/index.ts';
import { admitServer } from '../start-server.ts';
import { openHost } from '../terminal/host.ts';
import { interruptSignal } from '../terminal/interrupt.ts';
import { out } from '../terminal/screen.ts';
import type { HostProgram } from './host-program.ts';
import { pickRuntime, type SessionFlags, sayIfNotSandboxed } from './pick-runtime.ts';
import { type ToolFlags, toolLimits } from './tool-flags.ts';

/** `spendwise sandbox grant MANIFEST`: asks for consent ahead of runs without a terminal. */
export async function sandboxGrant(
  path: string,
  flags: SessionFlags & ToolFlags,
  program: HostProgram,
): Promise<void> {
  const limits = toolLimits(flags);
  const signal = interruptSignal();
  const host = openHost(signal);
  const environment = program.environment();
  const manifest = loadManifest(path);
  const runtime = await pickRuntime(flags, environment, host, program);
  sayIfNotSandboxed(runtime, host.err, host.say);
  const state = stateDir(environment);
  const store = new GrantStore(state);
  const howToGrant = 'answer in a terminal, or pass --yes';
  const consent: ConsentOptions = {
    ui: host.ui,
    grantAll: flags.yes ? { because: '--yes', notice: host.say } : undefined,
    store,
    howToGrant,
  };
  if (host.ui === undefined && !flags.yes)
    throw new ConsentMissing(`${manifest.name}: there is no terminal to ask on`, howToGrant);
  const diversions = await program.diversions(environment, manifest);
  const { mention: notice, busy } = host;
  await using server = await admitServer(manifest, {
    runtime,
    consent,
    env: environment,
    diversions,
    toolLimits: limits,
    notice,
    busy,
    signal,
  });
  const announcing = server.announce();
  busy(`starting ${manifest.name}, to list its tools`, announcing);
  const announcement = await announcing;
  const { consented, prepared, leftOut } = server;
  const unknown = Object.keys(limits ?? {}).filter(
    (name) => name !== '*' && !Object.hasOwn(announcement.tools, name) && !leftOut.includes(name),
  );
  if (unknown.length > 0) {
    const has = Object.keys(announcement.tools).join(', ');
    throw new Failed(`${manifest.name} has no tool ${unknown.join(', ')}`, `it has ${has || 'none'}`);
  }
  // A --yes is remembered only after the server has run.
  if (flags.yes) {
    store.remember(manifest, prepared.digest, consented.granted);
    store.rememberAnnouncement(manifest, announcement);
  } else await server.acceptTools(announcement);
  if (limits !== undefined) store.limitTools(manifest, limits);
  const known = Object.keys(announcement.tools).length;
  const asked = manifest.runtimePermissions.length;
  out.line(
    ours`${shown(manifest.name)}: ${consented.granted.length} of ${asked} permissions granted, ${counted(known, 'tool')} remembered`,
    ...(leftOut.length > 0 ? [ours`left out: ${shown(leftOut.join(', '), 2_000)}`] : []),
  );
}
