import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { Failed } from '../errors.ts';
import type { MCPManifest } from './manifest.ts';
import { RuntimePermission } from './permissions.ts';
import type { AnnouncedTool } from './tool-changes.ts';

const Grant = z.strictObject({
  version: z.literal(2),
  /** Where the manifest stands. */
  key: z.string(),
  name: z.string(),
  /** ISO 8601, UTC. */
  at: z.string(),
  manifest: z.string(),
  /** What it said to run, and the digest of the code or image that this was. */
  launch: z.record(z.string(), z.unknown()),
  code: z.string(),
  granted: z.array(RuntimePermission),
  /** By name, as the server announced them; undefined until it has run. */
  tools: z.record(z.string(), z.unknown()).optional(),
});

/** What the person granted one server, and what that server was then. */
export type Grant = z.output<typeof Grant> & { tools?: Record<string, AnnouncedTool> | undefined };

/** The grants lock: a file for each server in the state directory. */
export class GrantStore {
  readonly #folder: string;
  readonly stateDir: string;

  constructor(stateDir: string) {
    this.stateDir = stateDir;
    this.#folder = join(stateDir, 'grants');
  }

  /** Throws Failed when the file is damaged: a guess would be a grant. */
  find({ key }: MCPManifest): Grant | undefined {
    const grant = this.#read(this.#file(key));
    return grant?.key === key ? grant : undefined;
  }

  /** In place of what was granted before; the tools, once known, stay. */
  remember(manifest: MCPManifest, code: string, granted: readonly RuntimePermission[]): void {
    const { key, name, digest, launch } = manifest;
    const tools = this.find(manifest)?.tools;
    const at = new Date().toISOString();
    const grant = { version: 2 as const, key, name, at, manifest: digest, launch, code, granted, tools };
    this.#write(key, grant as Grant);
  }

  /** For a server with a grant; without one there is nothing to bind them to. */
  rememberTools(manifest: MCPManifest, tools: Record<string, AnnouncedTool>): void {
    const grant = this.find(manifest);
    if (grant) this.#write(grant.key, { ...grant, tools });
  }

  all(): Grant[] {
    let names: string[];
    try {
      names = readdirSync(this.#folder);
    } catch {
      return [];
    }
    return names
      .filter((name) => name.endsWith('.json'))
      .map((name) => this.#read(join(this.#folder, name)))
      .filter((grant) => grant !== undefined)
      .sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  revoke({ key }: Pick<Grant, 'key'>): void {
    rmSync(this.#file(key), { force: true });
  }

  #file(key: string): string {
    return join(this.#folder, `${createHash('sha256').update(key).digest('hex').slice(0, 32)}.json`);
  }

  #write(key: string, grant: Grant): void {
    const file = this.#file(key);
    const temporary = `${file}.${randomBytes(4).toString('hex')}.tmp`;
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      writeFileSync(temporary, `${JSON.stringify(grant, null, 2)}\n`, { mode: 0o600 });
      renameSync(temporary, file);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw new Failed(`cannot write ${file}`, 'set SPENDWISE_STATE_DIR to a folder you can write', error);
    }
  }

  #read(file: string): Grant | undefined {
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw new Failed(`${file} cannot be read`, 'mend its rights, or delete it', error);
    }
    try {
      return Grant.parse(JSON.parse(text)) as Grant;
    } catch (error) {
      throw new Failed(`${file} is damaged`, 'delete it; the permissions will be asked for again', error);
    }
  }
}
