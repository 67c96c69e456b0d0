import { Failed } from '../../../foundation/errors.ts';
import { holds, type MarkerEnvironment, normalized } from './markers.ts';
import { requirement } from './requirement.ts';

/** A wheel: a version of a package, and the hash of the file. */
export interface Part {
  /** Normalized. */
  readonly name: string;
  readonly version: string;
  readonly sha256: string;
  readonly requires: readonly string[];
}

/** Each asks the index anew; a tree of packages is not this deep. */
const MAX_ROUNDS = 40;

/**
 * All that a package depends on, in the versions of the index: what the chosen parts require is put together, chosen anew,
 * and so on until nothing changes. There is no going back to an older version of a part because of what a newer one
 * requires: such a package cannot be resolved here. Throws Failed.
 */
export async function resolved(
  root: { readonly name: string; readonly version: string },
  environment: MarkerEnvironment,
  choose: (requirements: readonly string[]) => Promise<readonly Part[]>,
): Promise<Part[]> {
  let wanted = [`${normalized(root.name)}==${root.version}`];
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const parts = new Map((await choose(wanted)).map((part) => [part.name, part]));
    if (parts.size !== wanted.length)
      throw new Failed(
        `${root.name}: your index has other packages than it was asked for`,
        'check your index',
      );
    const next = requirementsOf(root, parts, environment);
    if (next.join('\n') === wanted.join('\n')) return [...parts.values()];
    wanted = next;
  }
  throw new Failed(
    `${root.name}: what its packages depend on does not come to an end`,
    'run the server from an image: registry "oci"',
  );
}

/** For pip, one line for each name. Only what is reached from the package itself counts. */
function requirementsOf(
  root: { readonly name: string; readonly version: string },
  parts: ReadonlyMap<string, Part>,
  environment: MarkerEnvironment,
): string[] {
  const own = normalized(root.name);
  const wanted = new Map([[own, { versions: new Set([`==${root.version}`]), extras: new Set<string>() }]]);
  const waiting = [own];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const part = parts.get(name);
    const asked = wanted.get(name);
    if (part === undefined || asked === undefined) continue;
    for (const text of part.requires) {
      const { name: other, versions, extras, marker } = requirement(text, part.name);
      if (marker !== undefined && !holds(marker, environment, asked.extras)) continue;
      const known = wanted.get(other);
      const entry = known ?? { versions: new Set<string>(), extras: new Set<string>() };
      const before = entry.extras.size;
      for (const version of versions) entry.versions.add(version);
      for (const extra of extras) entry.extras.add(extra);
      wanted.set(other, entry);
      // Once more with its extras, when there are more of them.
      if (known === undefined || entry.extras.size > before) waiting.push(other);
    }
  }
  return [...wanted].map(([name, { versions }]) => `${name}${[...versions].sort().join(',')}`).sort();
}
