import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { jsonTrouble } from '../../foundation/json-bounds.ts';
import { isWithin, realPath } from '../../foundation/paths.ts';
import { RuntimePermission } from '../../manifest/permissions.ts';

const MAX_BYTES = 256 * 1024;
const MAX_VARIABLES = 50;
const MAX_PURPOSE = 120;

interface Variable {
  readonly name: string;
  readonly description?: string | undefined;
  readonly secret?: boolean | undefined;
}

/** The MCP registry's `server.json`, and its earlier form with underscores. */
const ServerJson = z.object({
  packages: z.array(
    z.object({
      identifier: z.string().optional(),
      name: z.string().optional(),
      environmentVariables: z.array(z.unknown()).optional(),
      environment_variables: z.array(z.unknown()).optional(),
    }),
  ),
});
const ServerVariable = z.object({
  name: z.string(),
  description: z.string().optional(),
  isSecret: z.boolean().optional(),
  is_secret: z.boolean().optional(),
});

/** The `manifest.json` of a bundle for desktop clients (MCPB). */
const Bundle = z.object({
  server: z.object({ mcp_config: z.object({ env: z.record(z.string(), z.string()) }) }),
  user_config: z
    .record(z.string(), z.object({ description: z.string().optional(), sensitive: z.boolean().optional() }))
    .default({}),
});

/**
 * The variables that a fetched package says it reads, as permissions, and where it says so: in its folder `home`, under a
 * name that is its own. It is a stranger's: what is no variable that can be granted is left out.
 */
export function declaredVariables(
  home: string,
  isOwn: (name: string) => boolean,
): { permissions: RuntimePermission[]; from: string | undefined } {
  for (const [file, read] of [
    ['server.json', (json: unknown) => ofServerJson(json, isOwn)],
    ['manifest.json', ofBundle],
  ] as const) {
    const variables = read(readJson(home, file));
    const permissions = new Map<string, RuntimePermission>();
    for (const variable of variables.slice(0, MAX_VARIABLES)) {
      const parsed = RuntimePermission.safeParse({
        type: 'env',
        name: variable.name,
        ...purposeOf(variable),
      });
      if (parsed.success) permissions.set(variable.name, parsed.data);
    }
    if (permissions.size > 0) return { permissions: [...permissions.values()], from: file };
  }
  return { permissions: [], from: undefined };
}

function ofServerJson(json: unknown, isOwn: (name: string) => boolean): Variable[] {
  const { data } = ServerJson.safeParse(json);
  const own = data?.packages.find((one) => isOwn(one.identifier ?? one.name ?? ''));
  return (own?.environmentVariables ?? own?.environment_variables ?? []).flatMap((one) => {
    const read = ServerVariable.safeParse(one).data;
    return read ? [{ ...read, secret: read.isSecret ?? read.is_secret }] : [];
  });
}

function ofBundle(json: unknown): Variable[] {
  const { data } = Bundle.safeParse(json);
  return Object.entries(data?.server.mcp_config.env ?? {}).flatMap(([name, value]) => {
    const key = /^\$\{user_config\.([^}]+)\}$/.exec(value)?.[1];
    if (key === undefined) return [];
    const asked = Object.hasOwn(data?.user_config ?? {}, key) ? data?.user_config[key] : undefined;
    return [{ name, description: asked?.description, secret: asked?.sensitive }];
  });
}

function purposeOf({ description = '', secret = false }: Variable): { purpose?: string } {
  const ending = secret ? ' (secret)' : '';
  const plain = description
    .slice(0, 1_000)
    .replace(/[\p{Cc}\p{Cf}\p{Z}]+/gu, ' ')
    .trim();
  const most = MAX_PURPOSE - ending.length;
  const fitting = plain.length > most ? `${plain.slice(0, most - 1)}…` : plain;
  const purpose = `${fitting}${ending}`.trim();
  return purpose === '' ? {} : { purpose };
}

/** Undefined for what is missing, large, deep, no JSON, or outside of the package. */
function readJson(home: string, name: string): unknown {
  const path = join(home, name);
  try {
    const stat = lstatSync(path);
    if (!stat.isFile() || stat.size > MAX_BYTES || !isWithin(realPath(home), realPath(path)))
      return undefined;
    const text = readFileSync(path, 'utf8');
    return jsonTrouble(text) === undefined ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}
