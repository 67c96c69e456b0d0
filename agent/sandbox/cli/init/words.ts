import { basename } from 'node:path';
import { UsageError } from '../../foundation/errors.ts';
import { isPythonRunner, type PythonPackage, readRunner, readSpec } from '../python-package.ts';

/** What `sandbox init` is to make a manifest for. */
export type Target =
  | { readonly kind: 'npm'; readonly name: string; readonly range: string; readonly args: string[] }
  | ({ readonly kind: 'pypi' } & PythonPackage)
  | { readonly kind: 'command'; readonly command: readonly [string, ...string[]] };

const SPEC = /^((?:@[a-z0-9][a-z0-9._~-]*\/)?[a-z0-9][a-z0-9._~-]*)(?:@([A-Za-z0-9.^~<>=*+-]{1,60}))?$/;
const USAGE =
  'sandbox init [--registry pypi] PACKAGE[@VERSION] [-- ARGUMENTS…], or sandbox init -- COMMAND …';

/** `before` and `after` the `--` of the command line. Throws UsageError. */
export function readTarget(
  before: readonly string[],
  after: readonly string[],
  registry: 'npm' | 'pypi',
): Target {
  const [spec, ...more] = before;
  if (spec !== undefined) {
    if (more.length > 0) throw new UsageError(`one package at a time, not ${before.join(' ')}`, USAGE);
    if (registry === 'npm') return packageOf(spec, after);
    return { kind: 'pypi', program: undefined, args: [...after], ...understood(readSpec(spec)) };
  }
  const [command, ...args] = after;
  if (command === undefined) throw new UsageError('neither a package nor a command was given', USAGE);
  // These would fetch inside, where there is no registry.
  if (isPythonRunner(basename(command)))
    return { kind: 'pypi', ...understood(readRunner(basename(command), args)) };
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
  return { kind: 'npm', name, range, args: [...args] };
}

function understood<Value extends object>(read: Value | { readonly why: string }): Value {
  if ('why' in read) throw new UsageError(read.why, USAGE);
  return read;
}
