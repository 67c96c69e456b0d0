import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Failed } from '@spendwise/sandbox/errors';
import type { Code } from '@spendwise/sandbox/runtimes';
import { DIST, HOME, isClone } from '../settings/installation.ts';
import { knownDigest } from './known-digest.ts';

/** Sources of bundles and images. A change of any of them means new ones. */
const SOURCES = [
  'agent/images',
  'agent/sandbox/foundation',
  'agent/sandbox/gateway',
  'agent/sandbox/images/bundle-gateway.ts',
  'agent/spending',
  'mcp-server-sms/src',
  'mcp-server-sms/package.json',
  'package-lock.json',
  'Dockerfile.sms',
];

/** The name of the image in the SMS server's manifest. */
export const SMS_IMAGE = 'mcp-server-sms';

export interface Bundles {
  readonly digest: string;
  readonly gateway: string;
  /** Image names in manifests that mean this clone, and the code to run without the image. */
  readonly local: ReadonlyMap<string, Code>;
}

/** The bundles of this clone, rebuilt if their sources have changed, or of the package. Throws Failed. */
export async function prepareBundles(): Promise<Bundles> {
  const made = join(DIST, '.digest');
  const before = existsSync(made) ? readFileSync(made, 'utf8') : undefined;
  const digest = isClone ? knownDigest(sourceFiles(), join(DIST, '.seen'), sourcesDigest) : (before ?? '');
  if (before !== digest) {
    // Loads esbuild only if needed.
    const { bundle } = await import('./bundle.ts');
    await bundle(DIST, digest).catch((error) => {
      throw new Failed(`the bundles cannot be made: ${error.message}`, `may you write to ${HOME}?`, error);
    });
  }
  return {
    digest,
    gateway: join(DIST, 'gateway'),
    local: new Map([[SMS_IMAGE, { folder: join(DIST, 'sms'), command: ['node', 'server.mjs'] }]]),
  };
}

export function sourcesDigest(): string {
  const hash = createHash('sha256');
  for (const file of sourceFiles()) hash.update(`${file.slice(HOME.length)}\0`).update(readFileSync(file));
  return hash.digest('hex').slice(0, 16);
}

const sourceFiles = (): string[] => SOURCES.flatMap((source) => filesUnder(join(HOME, source)));

function filesUnder(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesUnder(join(path, name)));
}
