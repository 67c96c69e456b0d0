import { GrantStore, grantChanges } from '../consent/index.ts';
import { stateDir } from '../foundation/environment.ts';
import { EXIT } from '../foundation/errors.ts';
import { plainly } from '../foundation/plainly.ts';
import { jsonLine } from '../foundation/shown/json-line.ts';
import { ours, type Shown, shown } from '../foundation/shown/shown.ts';
import { assertNothingOurs, describePermission, loadManifest } from '../manifest/index.ts';
import { codeChanges, programSource } from '../program/index.ts';
import { announcementChanges } from '../protocol/index.ts';
import { SandboxedServer, type StartOptions } from '../start-server.ts';
import { interruptSignal } from '../terminal/interrupt.ts';
import { err, out } from '../terminal/screen.ts';
import { begin, busyWith } from '../terminal/working.ts';
import type { HostProgram } from './host-program.ts';
import { pickRuntime, type SessionFlags } from './pick-runtime.ts';

/**
 * `spendwise sandbox diff MANIFEST`. Starts the server, with what was granted, only if nothing else differs: to compare
 * its tools.
 */
export async function sandboxDiff(
  path: string,
  flags: SessionFlags & { json: boolean },
  program: HostProgram,
): Promise<void> {
  const signal = interruptSignal();
  const say = (line: string) => err.line(shown(line, 2_000));
  const busy = busyWith(begin);
  const environment = program.environment();
  const manifest = loadManifest(path);
  const runtime = await pickRuntime(flags, environment, { mention: say, busy }, program);
  const state = stateDir(environment);
  assertNothingOurs(manifest, state);
  const store = new GrantStore(state);
  const options: StartOptions = {
    runtime,
    // Nothing is asked, and nothing beyond the grant is done.
    consent: { ui: undefined, grantAll: undefined, store, howToGrant: '' },
    env: environment,
    diversions: await program.diversions(environment, manifest),
    notice: say,
    signal,
  };
  const source = programSource(manifest, runtime, { stateDir: state, notice: say, busy, signal });
  const grant = store.find(manifest);
  const { more, less, run: launch } = grantChanges(grant, manifest);
  // Without consent nothing is fetched.
  const agreed = grant !== undefined && (launch.length === 0 || source.fetched === undefined);
  const prepared = agreed ? await source.prepare() : undefined;
  const run = [...launch, ...(grant && prepared ? codeChanges(state, grant.code, prepared.digest) : [])];
  let tools: Shown[] | undefined;
  if (grant?.tools !== undefined && prepared !== undefined && more.length + run.length === 0) {
    const granted = { granted: manifest.runtimePermissions, refused: [] };
    await using server = new SandboxedServer(manifest, granted, prepared, options);
    const announcing = server.announce();
    busy(`starting ${manifest.name}, to list its tools`, announcing);
    tools = announcementChanges(grant, await announcing);
  }
  const differs = more.length + run.length + (tools?.length ?? 0) > 0;
  const result = {
    server: manifest.name,
    known: grant !== undefined,
    more: more.map(describePermission),
    less: less.map(describePermission),
    run,
    code: prepared === undefined ? 'not compared' : 'compared',
    tools: tools ?? null,
  };
  const [plus, minus, other] = plainly()
    ? [ours`more:`, ours`less:`, ours`changed:`]
    : [ours`+`, ours`-`, ours`~`];
  const lines = [
    ...result.more.map((line) => ours`${plus} ${line}`),
    ...result.less.map((line) => ours`${minus} ${line}`),
    ...run.map((line) => ours`${other} ${line}`),
    ...(tools ?? []).map((line) => ours`${other} ${line}`),
    ...(prepared === undefined && grant !== undefined
      ? [ours`(its code was not compared: you have not agreed to fetch ${shown(source.fetched ?? '')})`]
      : []),
    ...(tools === undefined && grant !== undefined ? [ours`(its tools were not compared)`] : []),
    ...(grant === undefined
      ? [
          ours`(nothing has been granted to it yet${source.fetched === undefined ? ours`` : ours`, and nothing fetched: ${shown(source.fetched)}`})`,
        ]
      : []),
    ...(differs || grant === undefined ? [] : [ours`as granted`]),
  ];
  out.line(...(flags.json ? [jsonLine(result)] : lines));
  if (differs || grant === undefined) process.exitCode = EXIT.failed;
}
