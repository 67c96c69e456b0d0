import { basename } from 'node:path';
import { UsageError } from '../../foundation/errors.ts';

/** What `sandbox init` is to make a manifest for. */
export type Target =
  | { readonly kind: 'package'; readonly name: string; readonly range: string; readonly args: string[] }
  | { readonly kind: 'command'; readonly command: readonly [string, ...string[]] };

const SPEC = /^((?:@[a-z0-9][a-z0-9._~-]*\/)?[a-z0-9][a-z0-9._~-]*)(?:@([A-Za-z0-9.^~<>=*+-]{1,60}))?$/;
const USAGE = 'sandbox init PACKAGE[@VERSION] [-- ARGUMENTS…], or sandbox init -- COMMAND …';

/** `before` and `after` the `--` of the command line. Throws UsageError. */
export function readTarget(before: readonly string[], after: readonly string[]): Target {
  const [spec, ...more] = before;
  if (spec !== undefined) {
    if (more.length > 0) throw new UsageError(`one package at a time, not ${before.join(' ')}`, USAGE);
    return packageOf(spec, after);
  }
  const [command, ...args] = after;
  if (command === undefined) throw new UsageError('neither a package nor a command was given', USAGE);
  // npx would fetch inside, where there is no registry.
  if (/^npx(\.cmd)?$/.test(basename(command))) {
    const at = args.findIndex((word) => !/^(-y|--yes|--)$/.test(word));
    return packageOf(args[at] ?? '', args.slice(at + 1));
  }
  return { kind: 'command', command: [command, ...args] };
}

function packageOf(spec: string, args: readonly string[]): Target {
  const [, name, range = 'latest'] = SPEC.exec(spec) ?? [];
  if (name === undefined)
    throw new UsageError(`${JSON.stringify(spec)} is not the name of an npm package`, USAGE);
  return { kind: 'package', name, range, args: [...args] };
}
