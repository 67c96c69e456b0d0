import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { Failed } from '../errors.ts';
import type { MCPManifest } from './manifest.ts';
import { describePermission, type RuntimePermission } from './permissions.ts';

const GrantsFile = z.strictObject({
  version: z.literal(1),
  /** By manifest digest: a changed manifest has no grants. */
  grants: z.record(z.string(), z.strictObject({ name: z.string(), granted: z.array(z.string()) })),
});
type GrantsFile = z.infer<typeof GrantsFile>;

/** What the person granted in earlier runs, bound to the manifest's digest. */
export class GrantStore {
  readonly #file: string;

  constructor(stateDir: string) {
    this.#file = join(stateDir, 'grants.json');
  }

  /** Granted permissions, by description. Throws Failed when the file is damaged: a guess would be a grant. */
  grantedFor(manifest: MCPManifest): ReadonlySet<string> {
    return new Set(this.#read().grants[manifest.digest]?.granted);
  }

  remember(manifest: MCPManifest, granted: readonly RuntimePermission[]): void {
    const file = this.#read();
    file.grants[manifest.digest] = { name: manifest.name, granted: granted.map(describePermission) };
    const temporary = `${this.#file}.${process.pid}.tmp`;
    try {
      mkdirSync(join(this.#file, '..'), { recursive: true, mode: 0o700 });
      writeFileSync(temporary, `${JSON.stringify(file, null, 2)}\n`, { mode: 0o600 });
      renameSync(temporary, this.#file);
    } catch (error) {
      throw new Failed(
        `cannot write ${this.#file}`,
        'set SPENDWISE_STATE_DIR to a folder you can write',
        error,
      );
    }
  }

  #read(): GrantsFile {
    let text: string;
    try {
      text = readFileSync(this.#file, 'utf8');
    } catch {
      return { version: 1, grants: {} };
    }
    try {
      return GrantsFile.parse(JSON.parse(text));
    } catch (error) {
      throw new Failed(
        `${this.#file} is damaged`,
        'delete it; the permissions will be asked for again',
        error,
      );
    }
  }
}
