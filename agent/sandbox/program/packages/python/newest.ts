import { execFile } from 'node:child_process';
import { homedir } from 'node:os';
import { promisify } from 'node:util';
import { Failed } from '../../../foundation/errors.ts';
import { pipEnvironment, pipSaid, requirePip, UNATTENDED } from './pip.ts';

const ASK_MS = 30_000;
const MAX_BYTES = 1024 * 1024;

/**
 * The newest version of a package in the person's index, for their pip's Python: no trial version, and none that was
 * withdrawn. Only the index's list of files is read: whether there is a wheel is seen when it is fetched. `name` is that of
 * a package. Throws NotConfigured, Failed.
 */
export async function newestVersion(name: string): Promise<string> {
  const { command } = await requirePip();
  const words = ['index', 'versions', ...UNATTENDED, '--retries=1', '--no-cache-dir', name];
  let versions: string | undefined;
  try {
    const { stdout } = await promisify(execFile)(command, words, {
      // What a folder has must not choose the index.
      cwd: homedir(),
      env: { ...pipEnvironment(), PIP_REQUIRE_VIRTUALENV: '0' },
      timeout: ASK_MS,
      maxBuffer: MAX_BYTES,
    });
    versions = /^Available versions: (.+)$/m.exec(stdout)?.[1];
  } catch (error) {
    const said = pipSaid(String((error as { stderr?: unknown }).stderr ?? ''));
    throw new Failed(
      `pip knows no version of ${name}: ${said ?? 'it did not answer in time'}`,
      'check the name and the index that pip is set up for',
      error,
    );
  }
  // One with a local part, such as 1.0+cu118, cannot be pinned.
  const newest = versions?.split(', ').find((version) => /^[0-9A-Za-z.!]+$/.test(version));
  if (newest === undefined)
    throw new Failed(`pip does not say which versions of ${name} there are`, 'give an exact version');
  return newest;
}
