import { loadEnvironment, stateDir } from '../environment.ts';
import { EXIT } from '../errors.ts';
import { interruptSignal } from '../interrupt.ts';
import { plainText } from '../plain-text.ts';
import { codeChanges } from '../sandbox/code-parts.ts';
import { grantChanges } from '../sandbox/grant-changes.ts';
import { GrantStore } from '../sandbox/grants.ts';
import { loadManifest } from '../sandbox/manifest.ts';
import { assertNothingOurs } from '../sandbox/mountable.ts';
import { describePermission } from '../sandbox/permissions.ts';
import { programSource } from '../sandbox/prepare.ts';
import { announcementChanges } from '../sandbox/tool-changes.ts';
import { pickRuntime, type SessionFlags } from './open-session.ts';
import { announcementOf } from './server-once.ts';

/**
 * `spendwise sandbox diff MANIFEST`. The server is started, with what was granted and no more, only when nothing else
 * differs: to see whether its tools do.
 */
export async function sandboxDiff(path: string, flags: SessionFlags & { json: boolean }): Promise<void> {
  const signal = interruptSignal();
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  const environment = loadEnvironment();
  const manifest = loadManifest(path);
  const runtime = await pickRuntime(flags, environment, say);
  const state = stateDir(environment);
  assertNothingOurs(manifest, state);
  const source = programSource(manifest, runtime, { stateDir: state, notice: say, signal });
  const grant = new GrantStore(state).find(manifest);
  const { more, less, run: launch } = grantChanges(grant, manifest);
  // Nobody agreed yet that what is not here is fetched.
  const agreed = grant !== undefined && (launch.length === 0 || source.fetched === undefined);
  const prepared = agreed ? await source.prepare() : undefined;
  const run = [...launch, ...(grant && prepared ? codeChanges(state, grant.code, prepared.digest) : [])];
  let tools: string[] | undefined;
  if (grant?.tools !== undefined && prepared !== undefined && more.length + run.length === 0) {
    const consented = { granted: manifest.runtimePermissions, refused: [] };
    tools = announcementChanges(
      grant,
      await announcementOf(manifest, prepared, consented, environment, runtime, signal),
    );
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
  const lines = [
    ...result.more.map((line) => `+ ${line}`),
    ...result.less.map((line) => `- ${line}`),
    ...run.map((line) => `~ ${line}`),
    ...(tools ?? []).map((line) => `~ ${line}`),
    ...(prepared === undefined && grant !== undefined
      ? [`(its code was not compared: nobody agreed yet to fetch ${source.fetched})`]
      : []),
    ...(tools === undefined && grant !== undefined ? ['(its tools were not compared)'] : []),
    ...(grant === undefined
      ? [
          `(nothing was granted to it yet${source.fetched === undefined ? '' : `, and nothing fetched: ${source.fetched}`})`,
        ]
      : []),
    ...(differs || grant === undefined ? [] : ['as granted']),
  ];
  process.stdout.write(flags.json ? `${JSON.stringify(result)}\n` : `${plainText(lines.join('\n'))}\n`);
  if (differs || grant === undefined) process.exitCode = EXIT.failed;
}
