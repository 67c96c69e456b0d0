import { Failed } from '../../../foundation/errors.ts';
import { normalized } from './markers.ts';

/** What a package says that it depends on. */
export interface Requirement {
  /** Normalized. */
  readonly name: string;
  readonly extras: readonly string[];
  /** Such as `>=1.2`, without blanks; empty for any version. */
  readonly versions: readonly string[];
  readonly marker: string | undefined;
}

const NAME = '[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?';
const VERSIONS = /^(?:(===|~=|==|!=|<=|>=|<|>)\s*([A-Za-z0-9.*+!_-]+))$/;
const REQUIREMENT = new RegExp(String.raw`^(${NAME}) ?(?:\[([^\]]*)\])?([^;@]*)(?:;(.*))?$`);
const MAX_LENGTH = 2_000;

/**
 * Reads a requirement word by word: what is made of it goes to pip, which would take an address from it, or an option.
 * Throws Failed for one that names anything but a version from the index.
 */
export function requirement(text: string, of: string): Requirement {
  const found = text.length > MAX_LENGTH ? null : REQUIREMENT.exec(text.trim().replace(/\s+/g, ' '));
  const [, name = '', extras = '', given = '', marker] = found ?? [];
  const list = given
    .trim()
    .replace(/^\((.*)\)$/, '$1')
    .trim();
  const versions = list === '' ? [] : list.split(',').map((one) => VERSIONS.exec(one.trim()));
  const wanted = extras.trim() === '' ? [] : extras.split(',').map((extra) => extra.trim());
  const odd = versions.includes(null) || wanted.some((extra) => !new RegExp(`^${NAME}$`).test(extra));
  if (found === null || odd) {
    throw new Failed(
      `not fetched: ${of} depends on ${text.slice(0, 200)}, which is not a version from your index`,
      'a part from git, a URL or a file cannot be pinned; run the server from an image: registry "oci"',
    );
  }
  return {
    name: normalized(name),
    extras: wanted.map(normalized),
    versions: versions.map((one) => `${one?.[1]}${one?.[2]}`),
    marker: marker?.trim(),
  };
}
