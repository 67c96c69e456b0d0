import { isIP } from 'node:net';
import { getPublicSuffix } from 'tldts';
import { z } from 'zod';
import { joined, ours, quoted, type Shown, shown } from '../foundation/shown/shown.ts';
import { canonicalAddress, isWildcard, wildcardBase, writtenName } from './host-name.ts';
import { HttpAccess, secretVariable } from './http-rules.ts';

/** The kinds of permission that a server may ask for. Declared in its manifest. */
export const Permission = {
  MCP_AC_NETWORK_CLIENT: 'mcp.ac.network.client',
  MCP_AC_SYSTEM_ENV_READ: 'mcp.ac.system.env.read',
  MCP_AC_FILESYSTEM_READ: 'mcp.ac.filesystem.read',
  MCP_AC_FILESYSTEM_WRITE: 'mcp.ac.filesystem.write',
} as const;
export type Permission = (typeof Permission)[keyof typeof Permission];

const PORT = 'must be a port: a whole number from 1 to 65535';
const port = z.number(PORT).int(PORT).min(1, PORT).max(65535, PORT);
/** Why the server wants it, in the manifest author's words. Shown as such; nothing relies on it. */
const purpose = z
  .string()
  .min(1)
  .max(120)
  .regex(/^[^\p{Cc}\p{Bidi_Control}]*$/u, 'must be plain text')
  .describe('Why the server needs it. Shown with the question, and when the user refuses.')
  .optional();

/** Brought into the one form that is compared (`writtenName`) as the manifest is read. */
const domain = z
  .string()
  .max(300)
  .describe('A host name. *.example.com stands for any name with one label in place of the star.')
  .transform((written, context) => {
    const name = writtenName(written);
    if (name === undefined) context.addIssue(whyNoDomain(written));
    else if (isWildcard(name) && isPublicSuffix(wildcardBase(name))) context.addIssue(WOULD_GRANT_ALL);
    else return name;
    return z.NEVER;
  });

/** An address, or a name to which any protocol may be spoken. */
const host = z
  .string()
  .max(300)
  .describe('An IP address or a host name. Any protocol over TCP is allowed.')
  .transform((written, context) => {
    const name = writtenName(written);
    const canonical =
      canonicalAddress(written) ?? (name !== undefined && !isWildcard(name) ? name : undefined);
    if (canonical !== undefined) return canonical;
    const scope = isIP(written) === 0 ? undefined : /%.*/s.exec(written)?.[0];
    context.addIssue(
      scope === undefined
        ? 'must be an IP address or a host name, such as db.example.com; this machine is 127.0.0.1'
        : `an address with a scope (${scope}) cannot be granted`,
    );
    return z.NEVER;
  });

const WOULD_GRANT_ALL =
  'would grant names of many owners: must be a host name, or a star under the name of one owner, such as *.example.com';

function whyNoDomain(written: string): string {
  const must = 'must be a host name, such as api.example.com or *.example.com';
  if (isIP(written.replace(/^\[|\]$/g, '')) !== 0)
    return `${must}: for an IP address use {"type": "host", "host": …, "port": …}`;
  if (/^\*\.[^.]+$/.test(written)) return WOULD_GRANT_ALL;
  if (/[/@?#]/.test(written)) return `${must}: without https://, path or password`;
  if (/:\d*$/.test(written)) return `${must}: put the port into "port"`;
  if (/^\*?$/.test(written) || /.\*/.test(written))
    return `${must}: a star can only be the whole first label`;
  if (!written.includes('.')) return `${must}: a name without a dot means a different host in each network`;
  return must;
}

/** Suffixes under which anyone can register a name: `com`, `co.uk`, `github.io`. */
export const isPublicSuffix = (name: string): boolean =>
  getPublicSuffix(name, { allowPrivateDomains: true }) === name;

/** Variables that change how programs start: the server, and the client of the container engine. */
const STEERING = /^(PATH|ENV|BASH_ENV|NODE_OPTIONS|NODE_EXTRA_CA_CERTS|DOCKER_.*|LD_.*|DYLD_.*)$/;

/** What exactly a server may use. The user is asked about each one separately. */
export const RuntimePermission = z.discriminatedUnion('type', [
  z
    .strictObject({
      type: z.literal('domain'),
      domain,
      port,
      /** With it the broker ends TLS and lets only these requests through; without, bytes pass once SNI matches. */
      http: HttpAccess.optional(),
      purpose,
    })
    .refine(({ domain, http }) => http === undefined || !isWildcard(domain), {
      path: ['domain'],
      error: 'must name one host: HTTP rules and credentials cannot be used with a wildcard',
    }),
  z.strictObject({ type: z.literal('host'), host, port, purpose }),
  z.strictObject({
    type: z.literal('env'),
    name: z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of a variable')
      .refine((name) => !STEERING.test(name), 'changes how programs start: it cannot be granted'),
    purpose,
  }),
  z.strictObject({
    type: z.literal('fs'),
    path: z
      .string()
      .min(1)
      .regex(/^[^\p{Cc}]*$/u, 'must not contain control characters'),
    containerPath: z
      .string()
      .startsWith('/')
      .regex(/^[^\p{Cc}]*$/u, 'must not contain control characters')
      .optional(),
    read: z.boolean(),
    write: z.boolean(),
    purpose,
  }),
]);
export type RuntimePermission = z.infer<typeof RuntimePermission>;
type Of<T extends RuntimePermission['type']> = Extract<RuntimePermission, { type: T }>;

/** Access to a domain on one port, over TLS. `*.example.com` stands for any name with one label in place of the star. */
export class DomainPort implements Of<'domain'> {
  readonly type = 'domain';
  readonly domain: string;
  readonly port: number;
  constructor(domain: string, port: number) {
    this.domain = domain;
    this.port = port;
  }
}

/** Access to an IP address or a host name on one port, in any protocol over TCP. */
export class HostPort implements Of<'host'> {
  readonly type = 'host';
  readonly host: string;
  readonly port: number;
  constructor(host: string, port: number) {
    this.host = host;
    this.port = port;
  }
}

/** Read access to one environment variable. */
export class EnvironmentVariable implements Of<'env'> {
  readonly type = 'env';
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** Access to one path, at the same place in the sandbox. */
export class FSAccess implements Of<'fs'> {
  readonly type = 'fs';
  readonly path: string;
  readonly read: boolean;
  readonly write: boolean;
  constructor(path: string, access: { read: boolean; write: boolean }) {
    this.path = path;
    this.read = access.read;
    this.write = access.write;
  }
}

/** The coarse permissions that a manifest must declare before it may ask for this. */
export function requiredPermissions(wanted: RuntimePermission): Permission[] {
  switch (wanted.type) {
    case 'domain':
    case 'host':
      return [Permission.MCP_AC_NETWORK_CLIENT];
    case 'env':
      return [Permission.MCP_AC_SYSTEM_ENV_READ];
    case 'fs':
      return [
        ...(wanted.read ? [Permission.MCP_AC_FILESYSTEM_READ] : []),
        ...(wanted.write ? [Permission.MCP_AC_FILESYSTEM_WRITE] : []),
      ];
  }
}

/** The question to the user: what the server may do, and to what. Values that could imitate our words are in quotes. */
export function describePermission(wanted: RuntimePermission): Shown {
  switch (wanted.type) {
    case 'domain':
      return ours`Allow access to domain: ${shown(wanted.domain)}:${wanted.port}`;
    case 'host': {
      const host = shown(wanted.host);
      return ours`Allow access to host: ${host.includes(':') ? ours`[${host}]` : host}:${wanted.port}`;
    }
    case 'env':
      return ours`Allow access to env var: ${shown(wanted.name)}`;
    case 'fs': {
      const { path, containerPath, read, write } = wanted;
      const inside = containerPath === undefined ? ours`` : ours`, as ${quoted(containerPath)}`;
      return ours`Allow access to file system path (read: ${read}, write: ${write}): ${quoted(path)}${inside}`;
    }
  }
}

/** What is granted, in few rows however long it is: the access first, and of a long path its beginning and its end. */
export function permissionInShort(wanted: RuntimePermission): Shown {
  if (wanted.type !== 'fs') return describePermission(wanted);
  const { path, read, write } = wanted;
  const ends = path.length > 200 ? [path.slice(0, 100), path.slice(-100)] : [path];
  return ours`(read: ${read}, write: ${write}) ${joined(
    ends.map((end) => quoted(end)),
    ' … ',
  )}`;
}

/** The same without the verb: `env var: NAME`. */
export const namePermission = (wanted: RuntimePermission): Shown =>
  describePermission(wanted).slice('Allow access to '.length) as Shown;

/** What a person should know besides: to which requests a domain's rules keep the server, and what it never sees. */
export function explainPermission(wanted: RuntimePermission): Shown[] {
  if (wanted.type !== 'domain' || wanted.http === undefined) return [];
  const { rules, credential } = wanted.http;
  return [
    ...rules.map(({ method, path }) => ours`only: ${shown(method)} ${shown(path, 2_000)}`),
    ...(credential
      ? [
          ours`in its sandbox the server gets a placeholder for ${shown(secretVariable(credential))}; the broker inserts the real value`,
        ]
      : []),
  ];
}
