import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { Failed, NotConfigured, UsageError } from '@spendwise/sandbox/errors';

/** The clone that this file is in. */
export const CLONE = join(import.meta.dirname, '../../..');

/** What is copied: what attacks and the main job run. */
export const PRODUCT = [
  'agent',
  'mcp-server-sms',
  'package.json',
  'package-lock.json',
  'Dockerfile.sms',
  'LICENSE',
];
const TUTORIAL = 'agent/tutorial';
const OURS = [TUTORIAL, 'testing/demo', 'testing/stand-ins', 'testing/support'];
const LAUNCHERS = [
  'agent/run.js',
  'agent/spendwise.js',
  'mcp-server-sms/bin/mcp-server-sms.js',
  'agent/sandbox/bin/spendwise-sandbox.js',
];
const SEATBELT = `${TUTORIAL}/stage/seatbelt.js`;
const LEFT_OUT = /^(node_modules|dist|\.env.*)$/;

/**
 * Copies the product of `from` (a clone, or a reader's broken copy) and the lessons of this clone into the new folder
 * `to`. Installed packages are links to this clone's; the packages of the workspace are the copy's own.
 */
export function copySources(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  const copy = (root: string, parts: readonly string[]) => {
    for (const part of parts)
      if (existsSync(join(root, part)))
        cpSync(join(root, part), join(to, part), {
          recursive: true,
          filter: (path) => isCopied(path) && (root === CLONE || relative(root, path) !== TUTORIAL),
        });
  };
  copy(from, PRODUCT);
  copy(CLONE, OURS);
  linkPackages(to);
  for (const launcher of LAUNCHERS) buckle(to, launcher);
}

function isCopied(path: string): boolean {
  if (LEFT_OUT.test(basename(path))) return false;
  // A link would be copied as one, and what is written through it would change another file.
  if (lstatSync(path).isSymbolicLink())
    throw new UsageError(`${path} is a link`, 'put the file itself there: links are not copied');
  return true;
}

/** Takes the guard out of a copy. */
export function breakCopy(copy: string, patch: string): void {
  // Without the ceiling, git would look for a repository above the copy, and skip files that are not in it.
  const env = { ...process.env, GIT_CEILING_DIRECTORIES: dirname(copy) };
  try {
    execFileSync('git', ['apply', '--whitespace=nowarn', patch], { cwd: copy, env, stdio: 'pipe' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new NotConfigured('there is no git, which takes the guard out', 'install git', error);
    throw new Failed(
      'the guard cannot be taken out of these sources',
      'are they changed? Use a fresh clone',
      error,
    );
  }
}

function linkPackages(to: string): void {
  const [installed, linked] = [join(CLONE, 'node_modules'), join(to, 'node_modules')];
  if (!existsSync(join(installed, 'commander')))
    throw new Failed('the packages of SpendWise are not installed', 'run `npm ci` in the clone');
  mkdirSync(join(linked, '@spendwise'), { recursive: true });
  const own: Readonly<Record<string, string>> = { 'mcp-server-sms': 'mcp-server-sms' };
  for (const name of readdirSync(installed))
    if (name !== '@spendwise' && name !== '.cache')
      symlinkSync(name in own ? join(to, name) : join(installed, name), join(linked, name));
  symlinkSync(join(to, 'agent/sandbox'), join(linked, '@spendwise/sandbox'));
}

function buckle(copy: string, launcher: string): void {
  const path = join(copy, launcher);
  const text = readFileSync(path, 'utf8');
  const depth = launcher.split('/').length - 1;
  const line = `import '${'../'.repeat(depth)}${SEATBELT}';\n`;
  if (text.includes(line)) return;
  const [first = ''] = text.split('\n', 1);
  const at = first.startsWith('#!') ? first.length + 1 : 0;
  writeFileSync(path, `${text.slice(0, at)}${line}${text.slice(at)}`);
}
