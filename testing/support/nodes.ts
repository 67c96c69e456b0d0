import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { npm } from './npm.ts';
import { REPO } from './run.ts';

/** The folder with the `node` of a major version: ours, or one from npm, kept for the next run. */
export async function nodeFolder(major: number): Promise<string> {
  if (major === Number(process.versions.node.split('.')[0])) return join(process.execPath, '..');
  const kept = join(REPO, 'node_modules/.cache/spendwise-test', `node-${major}`);
  const bin = (folder: string) => join(folder, 'node_modules/node/bin');
  if (!existsSync(join(bin(kept), 'node'))) {
    const fresh = `${kept}-${process.pid}`;
    mkdirSync(fresh, { recursive: true });
    // Its install script is what puts the binary there.
    const json = { private: true, dependencies: { node: String(major) }, allowScripts: { node: true } };
    writeFileSync(join(fresh, 'package.json'), JSON.stringify(json));
    await npm(['install', '--no-audit', '--no-fund', '--loglevel=error'], fresh);
    try {
      renameSync(fresh, kept);
    } catch (error) {
      // Another file of tests was faster, and may be running what it has put there.
      rmSync(fresh, { recursive: true, force: true });
      if (!existsSync(join(bin(kept), 'node'))) throw error;
    }
  }
  return bin(kept);
}
