import { loadEnvironment, stateDir } from '../environment.ts';
import { EXIT } from '../errors.ts';
import { interruptSignal } from '../interrupt.ts';
import { plainText } from '../plain-text.ts';
import { grantChanges } from '../sandbox/grant-changes.ts';
import { GrantStore } from '../sandbox/grants.ts';
import { loadManifest } from '../sandbox/manifest.ts';
import { describePermission } from '../sandbox/permissions.ts';
import { packageCache, prepareProgram } from '../sandbox/prepare.ts';
import { toolChanges } from '../sandbox/tool-changes.ts';
import { pickRuntime, type SessionFlags } from './open-session.ts';
import { toolsOf } from './server-once.ts';

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
  const prepared = await prepareProgram(manifest, runtime, {
    cache: packageCache(state),
    notice: say,
    signal,
  });
  const grant = new GrantStore(state).find(manifest);
  const { more, less, run } = grantChanges(grant, manifest, prepared.digest);
  let tools: string[] | undefined;
  if (grant?.tools !== undefined && more.length + run.length === 0) {
    const consented = { granted: manifest.runtimePermissions, refused: [] };
    tools = toolChanges(
      grant.tools,
      await toolsOf(manifest, prepared, consented, environment, runtime, signal),
    );
  }
  const differs = more.length + run.length + (tools?.length ?? 0) > 0;
  const result = {
    server: manifest.name,
    known: grant !== undefined,
    more: more.map(describePermission),
    less: less.map(describePermission),
    run,
    tools: tools ?? null,
  };
  const lines = [
    ...result.more.map((line) => `+ ${line}`),
    ...result.less.map((line) => `- ${line}`),
    ...run.map((line) => `~ ${line}`),
    ...(tools ?? []).map((line) => `~ ${line}`),
    ...(tools === undefined && grant !== undefined ? ['(its tools were not compared)'] : []),
    ...(grant === undefined ? ['(nothing was granted to it yet)'] : []),
    ...(differs || grant === undefined ? [] : ['as granted']),
  ];
  process.stdout.write(flags.json ? `${JSON.stringify(result)}\n` : `${plainText(lines.join('\n'))}\n`);
  if (differs || grant === undefined) process.exitCode = EXIT.failed;
}
