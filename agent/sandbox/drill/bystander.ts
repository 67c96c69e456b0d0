import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SpendwiseError } from '../foundation/errors.ts';
import { DevMCPManifest, Registry } from '../manifest/manifest.ts';
import { FSAccess, Permission } from '../manifest/permissions.ts';
import { type LaunchPlan, launchPlan } from '../plan/launch-plan.ts';
import type { Runtime } from '../plan/runtime.ts';
import { programSource } from '../program/prepare.ts';
import type { Attempt, StartedAfter } from './attempt.ts';
import { HostileClient } from './hostile-client.ts';
import { HOSTILE_SERVER, type Place } from './place.ts';

/**
 * Another server that the person has agreed to, with a folder that the hostile server may write: as a granted folder, or
 * as its code. It is started when the hostile one has had its time with that.
 */
export class Bystander {
  readonly #runtime: Runtime;
  readonly #place: Place;
  readonly #wanted: StartedAfter;
  readonly #folder: string;
  #plan: LaunchPlan | undefined;
  #refused: string | undefined;
  #mounted: string | undefined;

  private constructor(runtime: Runtime, place: Place, wanted: StartedAfter, folder: string) {
    this.#runtime = runtime;
    this.#place = place;
    this.#wanted = wanted;
    this.#folder = folder;
  }

  /** Up to the person's yes. Undefined when what it takes cannot be made here. */
  static async askedFor(
    runtime: Runtime,
    place: Place,
    { id, startedAfter }: Attempt & { readonly startedAfter: StartedAfter },
  ): Promise<Bystander | undefined> {
    const folder = join(place.values.WRITABLE, id);
    const bystander = new Bystander(runtime, place, startedAfter, folder);
    bystander.#makeFolder();
    if (startedAfter.mountInside && !bystander.#mount()) return undefined;
    try {
      await bystander.#agree();
    } catch (error) {
      bystander.close();
      throw error;
    }
    return bystander;
  }

  /** What it came to. Never rejects. */
  async start(): Promise<string> {
    if (this.#plan === undefined) return `not started: ${this.#refused}`;
    let server: HostileClient;
    try {
      server = await HostileClient.start(
        this.#runtime,
        this.#plan,
        async () => {},
        () => {},
      );
    } catch (error) {
      return `not started: ${error instanceof Error ? error.message : error}`;
    }
    const { observed } = await server.run(this.#wanted.code, this.#place.values);
    await server.close();
    return observed;
  }

  close(): void {
    if (this.#mounted !== undefined) execFileSync('umount', [this.#mounted], { stdio: 'ignore' });
    this.#mounted = undefined;
  }

  /** The user that the hostile server runs as can do there what it wants. */
  #makeFolder(): void {
    mkdirSync(this.#folder);
    chmodSync(this.#folder, 0o777);
    for (const [name, make] of [
      ['data.txt', (path: string) => writeFileSync(path, 'what was agreed to')],
      ['hostile-server.mjs', (path: string) => copyFileSync(HOSTILE_SERVER, path)],
    ] as const) {
      make(join(this.#folder, name));
      chmodSync(join(this.#folder, name), 0o666);
    }
  }

  #mount(): boolean {
    const inside = join(this.#folder, 'inside');
    mkdirSync(inside);
    try {
      const options = ['-t', 'tmpfs', '-o', 'size=64k,mode=1777', 'drill', inside];
      execFileSync('mount', options, { stdio: 'ignore' });
    } catch {
      return false;
    }
    this.#mounted = inside;
    return true;
  }

  async #agree(): Promise<void> {
    const { as, containerPath } = this.#wanted;
    const { folder, code } = this.#place;
    const granted = { ...new FSAccess(this.#folder, { read: true, write: false }), containerPath };
    try {
      const manifest = new DevMCPManifest({
        name: 'bystander',
        registry: Registry.NPM,
        packageName: 'bystander',
        permissions: Object.values(Permission),
        codeMount: as === 'code' ? this.#folder : code,
        execCommand: ['node', 'hostile-server.mjs'],
        runtimePermissions: as === 'code' ? [] : [granted],
      });
      const stateDir = join(folder, 'state');
      const { program } = await programSource(manifest, this.#runtime, {
        stateDir,
        notice: () => {},
      }).prepare();
      const consented = { granted: manifest.runtimePermissions, refused: [] };
      this.#plan = launchPlan(manifest, consented, {}, [], program);
    } catch (error) {
      if (!(error instanceof SpendwiseError)) throw error;
      this.#refused = error.message;
    }
  }
}
