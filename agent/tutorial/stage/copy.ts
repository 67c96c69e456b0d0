import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Failed } from '@spendwise/sandbox/errors';

/** The clone that this file is in. */
export const CLONE = join(import.meta.dirname, '../../..');

/** What is copied: what attacks and the main job run. */
const PRODUCT = ['agent', 'mcp-server-sms', 'package.json', 'package-lock.json', 'Dockerfile.sms', 'LICENSE'];
const OURS = ['agent/tutorial', 'testing/demo', 'testing/stand-ins', 'testing/support'];
const LAUNCHERS = [
  'agent/run.js',
  'agent/spendwise.js',
  'mcp-server-sms/bin/mcp-server-sms.js',
  'agent/sandbox/bin/spendwise-sandbox.js',
];
const SEATBELT = 'agent/tutorial/stage/seatbelt.js';
const LEFT_OUT = new Set(['node_modules', 'dist', '.env']);

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
          filter: (path) => !LEFT_OUT.has(basename(path)),
        });
  };
  copy(from, PRODUCT);
  copy(CLONE, OURS);
  linkPackages(to);
  for (const launcher of LAUNCHERS) buckle(to, launcher);
}

/** Takes the guard out of a copy. */
export function breakCopy(copy: string, patch: string): void {
  // Without the ceiling, git would look for a repository above the copy, and skip files that are not in it.
  const env = { ...process.env, GIT_CEILING_DIRECTORIES: dirname(copy) };
  execFileSync('git', ['apply', '--whitespace=nowarn', patch], { cwd: copy, env, stdio: 'pipe' });
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
