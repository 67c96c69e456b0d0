import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { Failed, NotConfigured, SpendwiseError } from '../foundation/errors.ts';
import { openStateFolder, readStateFile, stateFolderIfThere } from '../foundation/state-folder.ts';
import type { MCPManifest } from '../manifest/manifest.ts';
import { RuntimePermission } from '../manifest/permissions.ts';
import { ToolLimits } from '../manifest/tool-limits.ts';
import type { Announcement } from '../protocol/tool-changes.ts';

const FOLDER = 'grants';

const Grant = z.strictObject({
  version: z.literal(2),
  /** The path of the manifest. */
  key: z.string(),
  name: z.string(),
  /** ISO 8601, UTC. */
  at: z.string(),
  manifest: z.string(),
  /** What the manifest said to run, and the digest of that code or image. */
  launch: z.record(z.string(), z.unknown()),
  code: z.string(),
  granted: z.array(RuntimePermission),
  /** By name, as the server announced them; undefined until it has run. */
  tools: z.record(z.string(), z.unknown()).optional(),
  /** Tools that the person left out or bounded, besides the manifest's. */
  limits: ToolLimits.optional(),
  /** What it announced of itself; grants of earlier versions have only the tools. */
  server: z.record(z.string(), z.unknown()).optional(),
});

/** What the user granted to one server, and a description of the server at that time. */
export type Grant = Omit<z.output<typeof Grant>, keyof Announcement> & Partial<Announcement>;

/** Keeps grants: one file for each server in the state directory. */
export class GrantStore {
  readonly stateDir: string;

  constructor(stateDir: string) {
    this.stateDir = stateDir;
  }

  /** Throws Failed when the file is damaged, and NotConfigured when other users could have written it. */
  find({ key }: MCPManifest): Grant | undefined {
    if (stateFolderIfThere(this.stateDir, FOLDER) === undefined) return undefined;
    const grant = this.#read(this.#file(key));
    return grant?.key === key ? grant : undefined;
  }

  /** Replaces the earlier grant, but keeps the known tools. */
  remember(manifest: MCPManifest, code: string, granted: readonly RuntimePermission[]): void {
    const { key, name, digest, launch } = manifest;
    const { tools, server, limits } = this.find(manifest) ?? {};
    const at = new Date().toISOString();
    const grant = {
      version: 2 as const,
      key,
      name,
      at,
      manifest: digest,
      launch,
      code,
      granted,
      tools,
      server,
      ...(limits && { limits }),
    };
    this.#write(key, grant as Grant);
  }

  /** Does nothing for a server without a grant. Tools that the server no longer lists stay known. */
  rememberAnnouncement(manifest: MCPManifest, { server, tools }: Announcement): void {
    const grant = this.find(manifest);
    if (grant) this.#write(grant.key, { ...grant, server, tools: { ...grant.tools, ...tools } });
  }

  /** Replaces earlier limits. Does nothing for a server without a grant. */
  limitTools(manifest: MCPManifest, limits: ToolLimits): void {
    const grant = this.find(manifest);
    if (grant) this.#write(grant.key, { ...grant, limits });
  }

  all(): Grant[] {
    const folder = stateFolderIfThere(this.stateDir, FOLDER);
    if (folder === undefined) return [];
    return readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .map((name) => this.#read(join(folder, name)))
      .filter((grant) => grant !== undefined)
      .sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  revoke({ key }: Pick<Grant, 'key'>): void {
    rmSync(this.#file(key), { force: true });
  }

  #file(key: string): string {
    return join(this.stateDir, FOLDER, `${createHash('sha256').update(key).digest('hex').slice(0, 32)}.json`);
  }

  #write(key: string, grant: Grant): void {
    const file = this.#file(key);
    const temporary = `${file}.${randomBytes(4).toString('hex')}.tmp`;
    try {
      openStateFolder(this.stateDir, FOLDER);
      writeFileSync(temporary, `${JSON.stringify(grant, null, 2)}\n`, { flag: 'wx', mode: 0o600 });
      renameSync(temporary, file);
    } catch (error) {
      rmSync(temporary, { force: true });
      if (error instanceof SpendwiseError) throw error;
      throw new Failed(`cannot write ${file}`, 'set SPENDWISE_STATE_DIR to a folder you can write', error);
    }
  }

  #read(file: string): Grant | undefined {
    let text: string | undefined;
    try {
      text = readStateFile(file);
    } catch (error) {
      if (error instanceof NotConfigured) throw error;
      throw new Failed(`${file} cannot be read`, 'fix its permissions, or delete it', error);
    }
    if (text === undefined) return undefined;
    try {
      return Grant.parse(JSON.parse(text)) as Grant;
    } catch (error) {
      throw new Failed(`${file} is damaged`, 'delete it; the permissions will be asked for again', error);
    }
  }
}
