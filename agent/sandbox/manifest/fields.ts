import { z } from 'zod';
import { SHA256, SHA512 } from './integrity.ts';
import { inWords, mistakesIn, WrongManifest } from './mistakes.ts';
import { Permission, RuntimePermission } from './permissions.ts';
import { ToolLimits } from './tool-limits.ts';

/** The kind of registry that a server is published in. */
export const Registry = { NPM: 'npm', OCI: 'oci', PYPI: 'pypi' } as const;

/** As npm allows them: nothing in it can be an option, a path or a URL. */
const NPM_NAME = /^(@[a-z0-9][a-z0-9._~-]*\/)?[a-z0-9][a-z0-9._~-]*$/;
/** As an index of Python packages allows them, and their exact versions. */
const PYPI_NAME = /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/;
const PYPI_VERSION = /^(\d+!)?\d+(\.\d+)*((a|b|rc)\d+)?(\.post\d+)?(\.dev\d+)?$/;
const SEMANTIC_VERSION = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/;
/** By digest, or by the id of an image on this machine. */
const PINNED_IMAGE = /(^|@)sha256:[0-9a-f]{64}$/;

const plainText = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\p{Cc}\p{Bidi_Control}]*$/u, 'must be plain text');
/** No leading dash: a name must not be read as an option. */
export const IMAGE_REFERENCE = /^[a-z0-9][A-Za-z0-9._/:@-]*$/;
/** Far under what a system takes as one command line, at 4 KiB each. */
const MAX_ARGUMENTS = 24;
/** More than a person reads. */
const MAX_PERMISSIONS = 256;
/** As a manifest writes them. Each is shown whole in the question: a longer one would scroll the rest off the screen. */
const MAX_LENGTH = { path: 1024, containerPath: 200 } as const;
const argument = z
  .string()
  .max(4096)
  .regex(/^[^\0]*$/, 'must not contain NUL');

/** A manifest as JSON. MANIFEST.md explains each field; `manifest.schema.json` is for editors. */
export const ManifestFields = z.strictObject({
  $schema: z.string().optional(),
  name: plainText.max(64).describe('The name shown in questions and messages.'),
  description: plainText.optional(),
  registry: z
    .enum(Registry)
    .describe('The kind of registry: npm for a package, pypi for a Python package, oci for an image.'),
  packageName: plainText.describe('The name of the package, or of the image repository.'),
  packageVersion: z
    .string()
    .max(100)
    .regex(
      new RegExp(`${SEMANTIC_VERSION.source}|${PYPI_VERSION.source}`),
      'must be an exact version, such as 1.2.3, not a range',
    )
    .describe(
      'The exact version. A published npm package is fetched with scripts off and started by its own bin. A Python package is fetched as wheels only and started by its own console script.',
    )
    .optional(),
  integrity: z
    .string()
    .regex(
      new RegExp(`${SHA512.source}|${SHA256.source}`),
      'must be a hash as in a lock file: sha512-…, or sha256:… of a wheel',
    )
    .describe("The hash of the package's tarball, as the registry gives it: sha512-…; of a wheel: sha256:…")
    .optional(),
  tarball: z
    .string()
    .min(1)
    .regex(/^[^\p{Cc}]*$/u, 'must not contain control characters')
    .describe('A tarball on this machine, used instead of the registry. It needs "integrity".')
    .optional(),
  permissions: z
    .array(z.enum(Permission))
    .describe('The kinds of permission that runtimePermissions may ask for.'),
  image: z
    .string()
    .max(255)
    .regex(IMAGE_REFERENCE, 'must be the name of an image')
    .describe(
      'The image to run; its entry point starts the server. Registry oci needs a digest, unless there is a codeMount.',
    )
    .optional(),
  codeMount: z
    .string()
    .min(1)
    .regex(/^[^\p{Cc}]*$/u, 'must not contain control characters')
    .describe('The folder of code, relative to this file. Mounted read-only; the working directory.')
    .optional(),
  codeImage: z
    .string()
    .max(255)
    .regex(IMAGE_REFERENCE, 'must be the name of an image')
    .describe(
      'The image that the code of codeMount, or a Python package, runs in: by digest, or by the tag of an image on this machine. Default: the plain Node image. Runtimes without images use the command of this machine.',
    )
    .optional(),
  execCommand: z
    .array(argument)
    .min(1)
    .max(MAX_ARGUMENTS)
    .describe('The command that starts the server in codeMount.')
    .optional(),
  program: z
    .string()
    .max(100)
    .regex(/^\w[\w.-]*$/, 'must be the name of a console script')
    .describe('Which console script of a Python package starts the server. Default: the one with its name.')
    .optional(),
  runtimeArgs: z.array(argument).max(MAX_ARGUMENTS).describe('Arguments for the server.').optional(),
  runtimePermissions: z
    .array(RuntimePermission)
    .max(MAX_PERMISSIONS)
    .describe('What the server may use. The user is asked about each entry separately.')
    .default([]),
  tools: ToolLimits.describe(
    'The tools that the client gets (false leaves one out, * stands for all others), and the arguments that a call may have.',
  ).optional(),
});

/** A manifest as JSON: what `new MCPManifest` takes. */
export type ManifestFields = z.input<typeof ManifestFields>;

/** What does not go together, though each field is right by itself. */
export function crossMistakes(fields: z.output<typeof ManifestFields>): string[] {
  const mistakes: string[] = [];
  const wrong = (path: string, message: string) => void mistakes.push(`${path}: ${message}`);
  if (fields.registry === 'npm' && !NPM_NAME.test(fields.packageName))
    wrong(
      'packageName',
      'must be the name of an npm package, such as server or @scope/server, without a version',
    );
  if (fields.registry === 'pypi' && !PYPI_NAME.test(fields.packageName))
    wrong('packageName', 'must be the name of a Python package, such as mcp-server, without a version');
  const { packageVersion, integrity, registry } = fields;
  const exact = registry === 'pypi' ? PYPI_VERSION : SEMANTIC_VERSION;
  if (packageVersion !== undefined && !exact.test(packageVersion))
    wrong('packageVersion', 'must be an exact version, such as 1.2.3, not a range');
  if (integrity !== undefined && !(registry === 'pypi' ? SHA256 : SHA512).test(integrity))
    wrong(
      'integrity',
      registry === 'pypi'
        ? 'must be the hash of the wheel: sha256:…'
        : 'must be a hash as in a lock file: sha512-…',
    );
  if (fields.tarball !== undefined && registry === 'pypi')
    wrong('tarball', 'is for npm packages; a Python package comes from your index');
  if (fields.program !== undefined && (registry !== 'pypi' || fields.codeMount !== undefined))
    wrong('program', 'is for a Python package: code is started by execCommand');
  if (fields.registry === 'oci' && fields.codeMount === undefined && !PINNED_IMAGE.test(fields.image ?? ''))
    wrong('image', 'must be named by digest, such as server@sha256:…');
  if ((fields.codeMount === undefined) !== (fields.execCommand === undefined))
    wrong(
      fields.codeMount === undefined ? 'codeMount' : 'execCommand',
      'is missing: codeMount and execCommand go together',
    );
  const runsThere = fields.codeMount !== undefined || fields.registry === 'pypi';
  if (fields.codeImage !== undefined && (!runsThere || fields.image !== undefined))
    wrong('codeImage', 'needs codeMount or a Python package, and cannot be used together with image');
  if (fields.tarball !== undefined && fields.integrity === undefined)
    wrong('integrity', 'is required with a tarball');
  for (const [at, wanted] of fields.runtimePermissions.entries())
    for (const field of ['path', 'containerPath'] as const)
      if (wanted.type === 'fs' && (wanted[field] ?? '').length > MAX_LENGTH[field])
        wrong(`runtimePermissions.${at}.${field}`, `must be at most ${MAX_LENGTH[field]} characters`);
  const places = fields.runtimePermissions.flatMap((p) =>
    p.type === 'domain' ? [`${p.domain}:${p.port}`] : p.type === 'host' ? [`${p.host}:${p.port}`] : [],
  );
  const twice = places.find((place, at) => places.indexOf(place) !== at);
  if (twice !== undefined) wrong('runtimePermissions', `asks for ${twice} more than once`);
  return mistakes;
}

/** Throws WrongManifest, naming the source and each field. */
export function parseManifest(input: unknown, source = 'manifest'): z.output<typeof ManifestFields> {
  const result = ManifestFields.safeParse(input, { error: inWords });
  if (result.success) return result.data;
  throw new WrongManifest(source, mistakesIn(result.error));
}

/** What a wrong manifest has that is right by itself, with something plain in place of what must be there. */
export function soundPart(input: unknown): ManifestFields {
  const given = new Map(Object.entries(typeof input === 'object' && input !== null ? input : {}));
  const sound = new Map<string, unknown>();
  for (const [name, schema] of Object.entries(ManifestFields.shape))
    if (given.has(name) && schema.safeParse(given.get(name)).success) sound.set(name, given.get(name));
  const isSound = (name: string) => !given.has(name) || sound.has(name);
  const list = (name: string): unknown[] => {
    const value = given.get(name);
    return Array.isArray(value) ? value.slice(0, MAX_PERMISSIONS) : [];
  };
  const permissions = list('permissions').filter((one) => z.enum(Permission).safeParse(one).success);
  const asked = list('runtimePermissions').filter((one) => RuntimePermission.safeParse(one).success);
  // What depends on a part that is wrong would look wrong as well.
  if (!isSound('codeMount') || !isSound('execCommand'))
    for (const name of ['codeMount', 'execCommand']) sound.delete(name);
  if (!isSound('integrity')) sound.delete('tarball');
  const whole = isSound('runtimePermissions');
  if (!whole) sound.delete('tools');
  const about = sound.has('registry') && sound.has('packageName') && isSound('image') ? {} : ANY_PACKAGE;
  const name = sound.get('name') ?? 'server';
  return {
    ...(Object.fromEntries(sound) as unknown as ManifestFields),
    ...about,
    name: name as string,
    permissions: permissions as Permission[],
    runtimePermissions: (whole ? asked : asked.map(withoutRules)) as [],
  };
}

function withoutRules(permission: unknown): object {
  const { http, ...rest } = permission as { http?: unknown };
  return rest;
}

const ANY_PACKAGE = { registry: 'npm', packageName: 'server' } as const;
