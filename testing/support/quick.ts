import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What starts a process or a container. */
const STARTS =
  /from '(node:child_process|playwright-core|[^']*client\/stdio(\.js)?|[^']*\/sandbox\/runtimes\/(docker|bubblewrap|podman)\/[^']*|[^']*\/runtimes\/process\.ts|[^']*\/tutorial\/stage\/perform\.ts)'/;
const OF_TESTING = /from '(\.[^']*\.ts)'/g;

/**
 * Test files that start no process and no container: neither they nor what they import from testing/ imports what could.
 * Nobody keeps a list.
 */
export function quickFiles(root: string): string[] {
  const known = new Map<string, boolean>();
  const starts = (file: string): boolean => {
    if (known.has(file)) return known.get(file) ?? false;
    known.set(file, false);
    const text = readFileSync(file, 'utf8');
    const imported = [...text.matchAll(OF_TESTING)].map(([, path = '']) => join(file, '..', path));
    const found =
      STARTS.test(text) || imported.some((path) => path.startsWith(join(root, 'testing/')) && starts(path));
    known.set(file, found);
    return found;
  };
  return globSync('testing/**/*.test.ts', { cwd: root }).filter((file) => !starts(join(root, file)));
}
