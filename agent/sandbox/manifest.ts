import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { NotConfigured } from '../errors.ts';
import { referredVariables } from './broker/http-rules.ts';
import { assertMountable, isWithin, realPath } from './mountable.ts';
import {
  describePermission,
  FSAccess,
  Permission,
  RuntimePermission,
  requiredPermissions,
} from './permissions.ts';

export const Registry = { NPM: 'npm', OCI: 'oci' } as const;

const plainText = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\p{Cc}\p{Bidi_Control}]*$/u, 'must be plain text');
/** No leading dash: a name must not be read as an option. */
export const IMAGE_REFERENCE = /^[a-z0-9][A-Za-z0-9._/:@-]*$/;
/** Far under what a system takes as one command line, at 4 KiB each. */
const MAX_ARGUMENTS = 24;
const argument = z
  .string()
  .max(4096)
  .regex(/^[^\0]*$/, 'must hold no NUL');

const ManifestFields = z.strictObject({
  $schema: z.string().optional(),
  name: plainText.max(64),
  description: plainText.optional(),
  registry: z.enum(Registry),
  packageName: plainText,
  packageVersion: z
    .string()
    .regex(/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/, 'must be an exact version, such as 1.2.3')
    .optional(),
  permissions: z.array(z.enum(Permission)),
  image: z.string().max(255).regex(IMAGE_REFERENCE, 'must be the name of an image').optional(),
  codeMount: z
    .string()
    .min(1)
    .regex(/^[^\p{Cc}]*$/u, 'must hold no control characters')
    .optional(),
  execCommand: z.array(argument).min(1).max(MAX_ARGUMENTS).optional(),
  runtimeArgs: z.array(argument).max(MAX_ARGUMENTS).optional(),
  runtimePermissions: z.array(RuntimePermission).default([]),
});
export type ManifestFields = z.input<typeof ManifestFields>;

/** A server as published: a package at an exact version, or an image. */
export class MCPManifest {
  readonly name: string;
  readonly description: string | undefined;
  readonly registry: 'npm' | 'oci';
  readonly packageName: string;
  readonly packageVersion: string | undefined;
  readonly image: string | undefined;
  readonly permissions: readonly Permission[];
  readonly runtimeArgs: readonly string[];
  readonly runtimePermissions: readonly RuntimePermission[];

  /** `baseDir` is what relative paths are relative to. Throws NotConfigured, naming the field. */
  constructor(input: ManifestFields, baseDir: string = process.cwd()) {
    const fields = parse(input);
    this.name = fields.name;
    this.description = fields.description;
    this.registry = fields.registry;
    this.packageName = fields.packageName;
    this.packageVersion = fields.packageVersion;
    this.image = fields.image;
    this.permissions = fields.permissions;
    this.runtimeArgs = fields.runtimeArgs ?? [];
    this.runtimePermissions = fields.runtimePermissions.map((wanted) =>
      wanted.type === 'fs' ? located(fields.name, wanted, baseDir) : wanted,
    );
    for (const wanted of this.runtimePermissions) {
      this.#assertCovered(wanted);
      this.#assertReferences(wanted);
    }
    if (fields.codeMount !== undefined) {
      const code = realPath(resolve(baseDir, fields.codeMount));
      assertMountable(this.name, code);
      // The manifest's own folder came with it; code from elsewhere is a path like any other, and asked about.
      if (!isWithin(realPath(baseDir), code)) {
        const purpose = "starting it: its code, from outside the manifest's folder";
        this.runtimePermissions = [
          ...this.runtimePermissions,
          { ...new FSAccess(code, { read: true, write: false }), purpose },
        ];
      }
    }
  }

  /** Over everything the manifest says: what a grant is bound to. */
  get digest(): string {
    return createHash('sha256').update(JSON.stringify(this)).digest('hex');
  }

  #assertCovered(wanted: RuntimePermission): void {
    const missing = requiredPermissions(wanted).filter(
      (permission) => !this.permissions.includes(permission),
    );
    if (missing.length === 0) return;
    throw new NotConfigured(
      `manifest ${this.name}: "${describePermission(wanted)}" is not covered by its permissions`,
      `add ${missing.map((permission) => `"${permission}"`).join(' and ')} to "permissions", or drop it`,
    );
  }

  /** HTTP rules and credentials may use only variables that the person is asked about. */
  #assertReferences(wanted: RuntimePermission): void {
    if (wanted.type !== 'domain' || wanted.http === undefined) return;
    const asked = new Set(this.runtimePermissions.map((p) => (p.type === 'env' ? p.name : undefined)));
    const missing = referredVariables(wanted.http).find((name) => !asked.has(name));
    if (missing === undefined) return;
    throw new NotConfigured(
      `manifest ${this.name}: the HTTP rules of ${wanted.domain} use ${missing}, which it does not ask for`,
      `add {"type": "env", "name": "${missing}"} to "runtimePermissions"`,
    );
  }
}

/**
 * A server in development: a folder of code, and the command that starts it there. With an `image` besides, runtimes
 * that have images run that, and the others the code.
 */
export class DevMCPManifest extends MCPManifest {
  readonly codeMount: string;
  readonly execCommand: readonly [string, ...string[]];

  constructor(input: ManifestFields, baseDir: string = process.cwd()) {
    super(input, baseDir);
    const [command, ...rest] = input.execCommand ?? [];
    if (input.codeMount === undefined || command === undefined) {
      throw new NotConfigured(
        `manifest ${this.name}: codeMount and execCommand go together`,
        'give both, such as "codeMount": ".", "execCommand": ["node", "server.js"]',
      );
    }
    this.codeMount = realPath(resolve(baseDir, input.codeMount));
    this.execCommand = [command, ...rest];
  }
}

/** A granted path, its links resolved; inside it stands where the manifest says, or where it was asked for. */
function located(server: string, wanted: Extract<RuntimePermission, { type: 'fs' }>, baseDir: string) {
  const asked = resolve(baseDir, wanted.path);
  const path = realPath(asked);
  assertMountable(server, path);
  return path === asked ? { ...wanted, path } : { containerPath: asked, ...wanted, path };
}

/** Reads a manifest file; its paths are relative to it. Throws NotConfigured, naming the file and the field. */
export function loadManifest(path: string): MCPManifest | DevMCPManifest {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const what = error instanceof SyntaxError ? `is not JSON: ${error.message}` : 'cannot be read';
    throw new NotConfigured(`manifest ${path} ${what}`, 'give the path of a manifest file', error);
  }
  const fields = parse(json, path);
  const baseDir = dirname(resolve(path));
  return fields.codeMount === undefined && fields.execCommand === undefined
    ? new MCPManifest(fields, baseDir)
    : new DevMCPManifest(fields, baseDir);
}

function parse(input: unknown, source = 'manifest') {
  const result = ManifestFields.safeParse(input);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const where = issue?.path.length ? issue.path.join('.') : 'top level';
  throw new NotConfigured(
    `${source}: ${where}: ${issue?.message}`,
    'the README has the fields of a manifest',
  );
}
