import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Failed } from '@spendwise/sandbox/errors';
import type { Code } from '@spendwise/sandbox/runtimes';

const REPO = fileURLToPath(new URL('../..', import.meta.url));
export const DIST = join(REPO, 'dist');

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

/** The bundles of this clone, rebuilt if their sources have changed. Throws Failed. */
export async function prepareBundles(): Promise<Bundles> {
  const digest = sourcesDigest();
  const made = join(DIST, '.digest');
  if (!existsSync(made) || readFileSync(made, 'utf8') !== digest) {
    // Loads esbuild only if needed.
    const { bundle } = await import('./bundle.ts');
    await bundle(DIST, digest).catch((error) => {
      throw new Failed(`the bundles cannot be made: ${error.message}`, `may you write to ${REPO}?`, error);
    });
  }
  return {
    digest,
    gateway: join(DIST, 'gateway'),
    local: new Map([[SMS_IMAGE, { folder: join(DIST, 'sms'), command: ['node', 'server.mjs'] }]]),
  };
}

function sourcesDigest(): string {
  const hash = createHash('sha256');
  for (const source of SOURCES) {
    for (const file of filesUnder(join(REPO, source)))
      hash.update(`${file.slice(REPO.length)}\0`).update(readFileSync(file));
  }
  return hash.digest('hex').slice(0, 16);
}

function filesUnder(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesUnder(join(path, name)));
}
