import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { dirname, relative, resolve, sep } from 'node:path';
import { NotConfigured } from '../foundation/errors.ts';
import { identityIfThere, isWithin, realPath } from '../foundation/paths.ts';
import { assertPlaces, CODE_AT } from './container-paths.ts';
import { crossMistakes, type ManifestFields, parseManifest, soundPart } from './fields.ts';
import { referredVariables } from './http-rules.ts';
import { assertAll, mistakesOf, WrongManifest } from './mistakes.ts';
import { assertMountable } from './mountable.ts';
import {
  describePermission,
  FSAccess,
  type Permission,
  type RuntimePermission,
  requiredPermissions,
} from './permissions.ts';
import { readManifestFile } from './read-json.ts';
import { limitVariables, type ToolLimits } from './tool-limits.ts';

export { Registry } from './fields.ts';
export type { ManifestFields };

/** A server as published: a package at an exact version, or an image. */
export class MCPManifest {
  readonly name: string;
  readonly description: string | undefined;
  readonly registry: 'npm' | 'oci' | 'pypi';
  readonly packageName: string;
  readonly packageVersion: string | undefined;
  readonly integrity: string | undefined;
  readonly tarball: string | undefined;
  readonly image: string | undefined;
  readonly codeImage: string | undefined;
  readonly program: string | undefined;
  readonly permissions: readonly Permission[];
  readonly runtimeArgs: readonly string[];
  readonly runtimePermissions: readonly RuntimePermission[];
  readonly tools: ToolLimits | undefined;

  readonly #source: string | undefined;
  /** Identity of each requested path. Private, so that it is neither in the digest nor in stored grants. */
  readonly #identities: ReadonlyMap<string, string | undefined>;

  /**
   * Relative paths start at `baseDir`. `source` is the file that the manifest was read from. Throws NotConfigured, which
   * names the field.
   */
  constructor(input: ManifestFields, baseDir: string = process.cwd(), source?: string) {
    const fields = parseManifest(input);
    this.#source = source;
    this.name = fields.name;
    this.description = fields.description;
    this.registry = fields.registry;
    this.packageName = fields.packageName;
    this.packageVersion = fields.packageVersion;
    this.integrity = fields.integrity;
    this.tarball = fields.tarball === undefined ? undefined : resolve(baseDir, fields.tarball);
    this.image = fields.image;
    this.codeImage = fields.codeImage;
    this.program = fields.program;
    this.permissions = fields.permissions;
    this.runtimeArgs = fields.runtimeArgs ?? [];
    this.tools = fields.tools;
    this.runtimePermissions = fields.runtimePermissions.map((wanted) =>
      wanted.type === 'fs' ? located(wanted, baseDir) : wanted,
    );
    const code = fields.codeMount === undefined ? undefined : realPath(resolve(baseDir, fields.codeMount));
    const mistakes = crossMistakes(fields);
    assertAll(this.name, [
      () => {
        if (mistakes.length > 0) throw new WrongManifest(`manifest ${this.name}`, mistakes);
      },
      () => assertPlaces(this.name, this.runtimePermissions),
      ...this.runtimePermissions.flatMap((wanted) => [
        () => wanted.type === 'fs' && assertMountable(this.name, wanted.path),
        () => this.#assertCovered(wanted),
        () =>
          wanted.type === 'domain' &&
          wanted.http !== undefined &&
          this.#assertReferences(`the HTTP rules of ${wanted.domain}`, referredVariables(wanted.http)),
      ]),
      () => this.#assertReferences('its tool limits', limitVariables(this.tools ?? {})),
      () => code !== undefined && assertMountable(this.name, code),
    ]);
    if (code !== undefined) {
      const why = whyAsked(realPath(baseDir), code);
      if (why !== undefined) {
        const purpose = `its code, ${why}`;
        this.runtimePermissions = [
          ...this.runtimePermissions,
          { ...new FSAccess(code, { read: true, write: false }), containerPath: CODE_AT, purpose },
        ];
      }
    }
    this.#identities = new Map(
      this.runtimePermissions.flatMap((p) => (p.type === 'fs' ? [[p.path, identityIfThere(p.path)]] : [])),
    );
  }

  /** `device:inode` of a requested path when the manifest was loaded. This is what the user is asked about. */
  identityOf(path: string): string | undefined {
    return this.#identities.get(path);
  }

  /** A hash of the whole manifest. */
  get digest(): string {
    return createHash('sha256').update(JSON.stringify(this)).digest('hex');
  }

  /** Identifies the grant: the path of the manifest. Not its name, which a hostile manifest could copy. */
  get key(): string {
    return this.#source ?? `the manifest in code that is called ${this.name}`;
  }

  /** The folder of the code, if the manifest names one. */
  get codeFolder(): string | undefined {
    return undefined;
  }

  /** The fields that say what to run, without the permissions. */
  get launch(): Readonly<Record<string, unknown>> {
    const { registry, packageName, packageVersion, integrity, tarball, image, codeImage } = this;
    const { program, runtimeArgs, tools } = this;
    return {
      registry,
      packageName,
      packageVersion,
      integrity,
      tarball,
      image,
      codeImage,
      program,
      runtimeArgs,
      tools,
    };
  }

  #assertCovered(wanted: RuntimePermission): void {
    const missing = requiredPermissions(wanted).filter(
      (permission) => !this.permissions.includes(permission),
    );
    if (missing.length === 0) return;
    throw new NotConfigured(
      `manifest ${this.name}: "${describePermission(wanted)}" is not covered by its permissions`,
      `add ${missing.map((permission) => `"${permission}"`).join(' and ')} to "permissions", or remove this entry`,
    );
  }

  /** HTTP rules, credentials and limits may use only variables that the person is asked about. */
  #assertReferences(what: string, variables: readonly string[]): void {
    const asked = new Set(this.runtimePermissions.map((p) => (p.type === 'env' ? p.name : undefined)));
    const missing = variables.find((name) => !asked.has(name));
    if (missing === undefined) return;
    throw new NotConfigured(
      `manifest ${this.name}: ${what} use ${missing}, which it does not ask for`,
      `add {"type": "env", "name": "${missing}"} to "runtimePermissions"`,
    );
  }
}

/**
 * A server in development: a folder of code, and the command that starts it there. If there is an `image` too, runtimes
 * with images run the image, and the others run the code.
 */
export class DevMCPManifest extends MCPManifest {
  readonly codeMount: string;
  readonly execCommand: readonly [string, ...string[]];

  constructor(input: ManifestFields, baseDir: string = process.cwd(), source?: string) {
    super(input, baseDir, source);
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

  override get codeFolder() {
    return this.codeMount;
  }

  override get launch() {
    const { codeMount, execCommand } = this;
    return { ...super.launch, codeMount, execCommand };
  }
}

/**
 * Why code is a path like any other, and asked about; undefined for what came with the manifest in a folder of its own. A
 * home folder is no such folder, and hidden folders keep keys and settings.
 */
function whyAsked(folder: string, code: string): string | undefined {
  if (!isWithin(folder, code)) return "from outside the manifest's folder";
  if (isWithin(folder, realPath(homedir()))) return 'from your home folder, where the manifest is too';
  const hidden = relative(folder, code)
    .split(sep)
    .some((part) => part.startsWith('.'));
  return hidden ? 'from a hidden folder' : undefined;
}

/** A granted path, its links resolved; inside it stands where the manifest says, or where it was asked for. */
function located(wanted: Extract<RuntimePermission, { type: 'fs' }>, baseDir: string) {
  const asked = resolve(baseDir, wanted.path);
  const path = realPath(asked);
  return path === asked ? { ...wanted, path } : { containerPath: asked, ...wanted, path };
}

/** Reads a manifest file. Its paths are relative to it. Throws NotConfigured, which names the file and each wrong field. */
export function loadManifest(path: string): MCPManifest | DevMCPManifest {
  const json = readManifestFile(path);
  const baseDir = dirname(resolve(path));
  const source = realPath(resolve(path));
  let fields: ManifestFields;
  try {
    fields = parseManifest(json, path);
  } catch (error) {
    if (!(error instanceof WrongManifest)) throw error;
    throw new WrongManifest(path, [...new Set([...error.mistakes, ...mistakesBesides(json, baseDir)])]);
  }
  return fields.codeMount === undefined && fields.execCommand === undefined
    ? new MCPManifest(fields, baseDir, source)
    : new DevMCPManifest(fields, baseDir, source);
}

/** What is wrong with how the parts go together, apart from those that are wrong by themselves. */
function mistakesBesides(json: unknown, baseDir: string): readonly string[] {
  const sound = soundPart(json);
  try {
    new MCPManifest(sound, baseDir);
    return [];
  } catch (error) {
    if (error instanceof NotConfigured) return mistakesOf(error, sound.name);
    throw error;
  }
}
