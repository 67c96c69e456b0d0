import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { DevMCPManifest } from '../../../agent/sandbox/manifest/manifest.ts';
import { Permission, type RuntimePermission } from '../../../agent/sandbox/manifest/permissions.ts';
import { launchPlan } from '../../../agent/sandbox/plan/launch-plan.ts';
import type { Runtime } from '../../../agent/sandbox/plan/runtime.ts';
import type { Errand } from './probe.ts';

const FILE = new URL('probe.ts', import.meta.url);

/** A probe that runs. */
export interface Probe {
  /** Resolves in milliseconds, once the errand is done. */
  run(errand: Errand): Promise<number>;
  stop(): Promise<unknown>;
}

export function plainProbe(...words: string[]): Probe {
  const child = spawn(process.execPath, [fileURLToPath(FILE), ...words], {
    // As in a sandbox: certificates that the tester's own environment adds would be read as well.
    env: { PATH: process.env.PATH },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  return {
    run: errands(child),
    stop: () => {
      child.stdin.end();
      return once(child, 'exit');
    },
  };
}

export async function sandboxedProbe(
  runtime: Runtime,
  folder: string,
  granted: readonly RuntimePermission[],
  ...words: string[]
): Promise<Probe> {
  const codeMount = join(folder, 'probe');
  mkdirSync(codeMount, { recursive: true });
  copyFileSync(FILE, join(codeMount, 'probe.ts'));
  const manifest = new DevMCPManifest({
    name: 'probe',
    registry: 'npm',
    packageName: 'probe',
    permissions: Object.values(Permission),
    codeMount,
    execCommand: ['node', 'probe.ts'],
    runtimeArgs: words,
    runtimePermissions: [...granted],
  });
  const plan = launchPlan(manifest, { granted: manifest.runtimePermissions, refused: [] }, {});
  const server = await runtime.start(plan, () => {});
  server.stderr.pipe(process.stderr);
  return { run: errands(server), stop: () => server.stop() };
}

function errands({ stdin, stdout }: { stdin: Writable; stdout: Readable }): Probe['run'] {
  const answers = createInterface({ input: stdout });
  return async (errand) => {
    const answered = once(answers, 'line');
    stdin.write(`${JSON.stringify(errand)}\n`);
    return Number((await answered)[0]);
  };
}
